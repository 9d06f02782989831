// Google's vision transformers, in .npz: what their tensors show, how many parameters they have,
// and what is refused. Their numbers are compared in fixtures_test.cpp.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "generators/models/support/scheme.h"
#include "generators/plan/lower.h"
#include "tests/models/small_configs.h"
#include "tests/models/vit_of.h"

namespace vitgen {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Thrown;

/// 2 blocks of 32 channels in 4 heads, 24x24 pixels, 5 classes, with [CLS] and pre_logits.
VitSpec small(const std::string& scheme = "google") {
  VitSpec spec;
  spec.image_h = spec.image_w = 24;
  spec.patch_h = spec.patch_w = 8;
  spec.grid_h = spec.grid_w = 3;
  spec.width = 32;
  spec.depth = 2;
  spec.heads = 4;
  spec.head_size = 8;
  spec.mlp = 52;
  spec.pooler = true;
  spec.pooler_size = 20;
  spec.classes = 5;
  spec = with_layout(spec, scheme);
  spec.names = scheme_named(scheme).names;
  return spec;
}

Tensors tensors_of_spec(const VitSpec& spec) { return tensors_of(Model{{}, Network(spec)}); }

Model inferred(const Tensors& tensors, const std::string& overrides = "") {
  return load_model(random_source(tensors), std::nullopt,
                    {.strict = false, .overrides = Fields::parse(overrides)});
}

Thrown refusal(const std::function<void(Tensors&)>& change) {
  Tensors tensors = tensors_of_spec(small());
  change(tensors);
  return testing::thrown_by([&] { inferred(tensors); });
}

TEST(Google, tensors_show_heads_and_all_else_but_activation_and_eps) {
  const Model model = inferred(tensors_of_spec(small()));
  EXPECT_EQ(model.naming, "google");
  VitSpec wanted = small();
  wanted.activation = Activation::gelu_tanh;
  wanted.resample = tensors::Resample::linear_corners;
  EXPECT_EQ(vit_of(model), wanted);
  EXPECT_THAT(model.notices, ElementsAre("no config: eps 1e-6, tanh GELU and mean and std 0.5 are "
                                         "assumed; set others with --set or --config"));
  const Preprocess& recipe = model.preprocess.value();
  EXPECT_EQ(recipe.resize, ResizeMode::exact);
  EXPECT_EQ(recipe.filter, ResizeFilter::bilinear);
  EXPECT_EQ(recipe.resize_h, 24);
}

TEST(Google, defaults_of_the_scheme_can_be_set_otherwise) {
  const VitSpec spec = vit_of(inferred(tensors_of_spec(small()), "activation=gelu_erf,eps=1e-5"));
  EXPECT_EQ(spec.activation, Activation::gelu_erf);
  EXPECT_EQ(spec.eps, 1e-5f);
}

TEST(Google, without_cls_the_mean_of_all_tokens_is_taken_after_the_norm) {
  VitSpec gap = small();
  gap.cls = gap.pooler = false;
  gap.position_prefix = gap.pooler_size = 0;
  gap.pooling = Pooling::mean;
  const VitSpec spec = vit_of(inferred(tensors_of_spec(gap)));
  EXPECT_EQ(spec.pooling, Pooling::mean);
  EXPECT_EQ(spec.final_norm, FinalNorm::before_pool);
  EXPECT_FALSE(spec.pooler);
  EXPECT_EQ(spec.tokens(), 9);
}

TEST(Google, schemes_are_told_apart_by_how_they_count_layers_and_where_positions_are) {
  for (const std::string scheme : {"google", "google_linen", "big_vision"}) {
    EXPECT_EQ(inferred(tensors_of_spec(small(scheme))).naming, scheme);
  }
}

TEST(Google, prefixes_are_found_and_cls_may_have_no_position) {
  VitSpec spec = small("big_vision");
  spec.position_prefix = 0;
  for (const std::string prefix : {"", "params/", "opt/target/", "target/", "params/img/"}) {
    Tensors tensors = tensors_of_spec(spec);
    for (auto& tensor : tensors) tensor.first.insert(0, prefix);
    const Model model = inferred(tensors);
    EXPECT_EQ(model.naming, "big_vision") << prefix;
    EXPECT_EQ(vit_of(model).names.cls, prefix + "cls");
    EXPECT_EQ(vit_of(model).position_prefix, 0);
  }
}

TEST(Google, a_config_of_timm_decides_over_the_defaults_of_the_scheme) {
  Json config = timm_config();
  config["num_classes"] = 5;
  VitSpec spec = small();
  spec.heads = 2;
  spec.head_size = 16;
  spec.mlp = 128;
  spec.pooler = false;
  spec.pooler_size = 0;
  const Model model = model_with(random_source(tensors_of_spec(spec)), config);
  EXPECT_EQ(vit_of(model).activation, Activation::gelu_erf);
  EXPECT_TRUE(vit_of(model).head_axis);
  config["model_args"]["num_heads"] = 4;
  const WeightSource weights = random_source(tensors_of_spec(spec));
  const Thrown thrown = testing::thrown_by([&] { model_with(weights, config); });
  EXPECT_EQ(thrown.code, "MODEL_SHAPE");
  EXPECT_THAT(thrown.message, HasSubstr("query/kernel: expected 32x4x8, got 32x2x16"));
}

TEST(Google, a_convolutional_stem_is_refused) {
  const Thrown thrown = refusal([](Tensors& t) { t.emplace_back("conv_root/kernel", Shape{1}); });
  EXPECT_EQ(thrown.code, "CFG_UNSUPPORTED");
  EXPECT_THAT(thrown.message, HasSubstr("conv_root/kernel: a convolutional stem"));
}

TEST(Google, a_missing_tensor_is_named_with_its_nearest) {
  const std::string name = "Transformer/encoderblock_1/MlpBlock_3/Dense_0/bias";
  const Thrown thrown = refusal([&](Tensors& t) {
    for (auto& tensor : t) {
      if (tensor.first == name) tensor.first = "Transformer/encoderblock_1/MlpBlock_3/Dense_O/bias";
    }
  });
  EXPECT_EQ(thrown.code, "MODEL_MISSING");
  EXPECT_THAT(thrown.message, HasSubstr(name));
  EXPECT_THAT(thrown.hint, HasSubstr("Dense_O"));
}

TEST(Google, a_wrong_shape_names_tensor_expected_and_got) {
  const Thrown thrown = refusal([](Tensors& t) {
    for (auto& [name, shape] : t) {
      if (name.ends_with("encoderblock_1/MultiHeadDotProductAttention_1/out/kernel")) {
        shape = {32, 4, 8};
      }
    }
  });
  EXPECT_EQ(thrown.code, "MODEL_SHAPE");
  EXPECT_THAT(thrown.message, HasSubstr("out/kernel: expected 4x8x32, got 32x4x8"));
}

TEST(Google, files_of_more_blocks_than_a_config_has_contradict_it) {
  Json config = timm_config();
  config["num_classes"] = 5;
  VitSpec spec = small();
  spec.mlp = 128;
  spec.heads = 2;
  spec.head_size = 16;
  spec.depth = 3;
  const WeightSource weights = random_source(tensors_of_spec(spec));
  const Thrown thrown = testing::thrown_by([&] { model_with(weights, config); });
  EXPECT_EQ(thrown.code, "CFG_TENSORS");
  EXPECT_THAT(thrown.message, HasSubstr("depth=2"));
}

/// Google's names of its configs and the numbers of parameters that its tests state, for 1000
/// classes and images of 224x224.
struct Size {
  const char* name;
  std::int64_t width, depth, heads, mlp, patch;
  bool gap;
  std::int64_t parameters;
};

class GoogleSizes : public ::testing::TestWithParam<Size> {};

VitSpec spec_of(const Size& size) {
  VitSpec spec;
  spec.patch_h = spec.patch_w = size.patch;
  spec.grid_h = spec.grid_w = 224 / size.patch;
  spec.width = size.width;
  spec.depth = size.depth;
  spec.heads = size.heads;
  spec.head_size = size.width / size.heads;
  spec.mlp = size.mlp;
  spec.activation = Activation::gelu_tanh;
  spec.resample = tensors::Resample::linear_corners;
  if (size.gap) {
    spec.cls = false;
    spec.position_prefix = 0;
    spec.pooling = Pooling::mean;
  }
  spec = with_layout(spec, "google");
  spec.names = scheme_named("google").names;
  return spec;
}

TEST_P(GoogleSizes, parameters_are_as_many_as_published) {
  const VitSpec spec = spec_of(GetParam());
  const Model model = inferred(tensors_of_spec(spec));
  EXPECT_EQ(model.parameters, GetParam().parameters);
  EXPECT_EQ(vit_of(model), spec);
}

INSTANTIATE_TEST_SUITE_P(
    All, GoogleSizes,
    ::testing::Values(Size{"testing", 10, 1, 2, 10, 16, false, 21'390},
                      Size{"Ti_16", 192, 12, 3, 768, 16, false, 5'717'416},
                      Size{"S_32", 384, 12, 6, 1536, 32, false, 22'878'952},
                      Size{"S_16", 384, 12, 6, 1536, 16, false, 22'050'664},
                      Size{"S_32_gap", 384, 12, 6, 1536, 32, true, 22'878'184},
                      Size{"S_16_gap", 384, 12, 6, 1536, 16, true, 22'049'896},
                      Size{"B_32", 768, 12, 12, 3072, 32, false, 88'224'232},
                      Size{"B_16", 768, 12, 12, 3072, 16, false, 86'567'656},
                      Size{"B_8", 768, 12, 12, 3072, 8, false, 86'576'872},
                      Size{"B_32_gap", 768, 12, 12, 3072, 32, true, 88'222'696},
                      Size{"B_16_gap", 768, 12, 12, 3072, 16, true, 86'566'120},
                      Size{"L_32", 1024, 24, 16, 4096, 32, false, 306'535'400},
                      Size{"L_16", 1024, 24, 16, 4096, 16, false, 304'326'632},
                      Size{"H_14", 1280, 32, 16, 5120, 14, false, 632'045'800}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace vitgen
