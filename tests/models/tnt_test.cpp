// Transformer in Transformer: what its configs and its tensors say, and what is refused. Its
// numbers are compared with PyTorch's in fixtures_test.cpp.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "generators/plan/tnt.h"
#include "tests/models/small_configs.h"

namespace vitgen {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Json config() {
  return Json::parse(R"({"architecture": "tnt_s_patch16_224", "num_classes": 3,
    "model_args": {"img_size": 32, "embed_dim": 24, "inner_dim": 12, "depth": 1,
                   "num_heads_inner": 2, "num_heads_outer": 3}})");
}

Json with_argument_of_tnt(const std::string& key, const Json& value) {
  Json changed = config();
  changed["model_args"][key] = value;
  return changed;
}

TntSpec spec_of(const Model& model) { return model.network.as<TntSpec>(); }

std::vector<std::string> steps_of(const Plan& plan) {
  std::vector<std::string> names;
  for (const Step& step : plan.steps) names.push_back(step.name);
  return names;
}

/// The tensors of an architecture under the names of TNT's authors.
Tensors huawei_tensors(const std::string& architecture) {
  TntSpec spec = spec_of(load_architecture(architecture));
  Tensors tensors = tensors_of(load_architecture(architecture));
  const std::pair<std::string, std::string> words[] = {
      {"pixel_embed", "patch_embed"}, {"patch_pos", "outer_pos"},    {"norm1_proj", "proj_norm1"},
      {"norm2_proj", "proj_norm2"},   {"norm_in", "inner_norm1"},    {"attn_in", "inner_attn"},
      {"norm_mlp_in", "inner_norm2"}, {"mlp_in", "inner_mlp"},       {"norm_out", "outer_norm1"},
      {"attn_out", "outer_attn"},     {"norm_mlp.", "outer_norm2."}, {".mlp.", ".outer_mlp."}};
  for (auto& [name, shape] : tensors) {
    for (const auto& [theirs, ours] : words) {
      const std::size_t at = name.find(theirs);
      if (at != std::string::npos) name.replace(at, theirs.size(), ours);
    }
    if (name == "pixel_pos") {
      name = "inner_pos";
      shape = {1, spec.pixels(), spec.inner_width};
    }
  }
  tensors.emplace_back("outer_tokens", Shape{1, spec.patches(), spec.width});
  return tensors;
}

TEST(Tnt, parameter_counts_are_the_published_ones) {
  EXPECT_EQ(load_architecture("tnt_s_patch16_224").parameters, 23'768'584);
  EXPECT_EQ(load_architecture("tnt_s_legacy_patch16_224").parameters, 23'755'336);
  EXPECT_EQ(load_architecture("tnt_b_patch16_224").parameters, 65'428'680);
}

TEST(Tnt, defaults_are_those_of_the_architecture_that_the_config_names) {
  const Model model = load_architecture("tnt_b_patch16_224");
  const TntSpec spec = spec_of(model);
  EXPECT_EQ(spec.eps, 1e-5f);
  EXPECT_EQ(spec.inner_width, 40);
  EXPECT_EQ(spec.inner_mlp, 160);
  EXPECT_EQ(spec.pixels(), 16);
  EXPECT_EQ(spec.mean[0], 0.5f);
  EXPECT_EQ(model.preprocess->crop_pct, 0.9);
  EXPECT_EQ(spec_of(model_of(config())).eps, 1e-5f);
  EXPECT_EQ(model_of(config()).title, "tnt_s_patch16_224 with other sizes");
}

TEST(Tnt, steps_are_those_of_the_formula) {
  const Plan plan = model_of(config()).network.lower({});
  EXPECT_THAT(
      steps_of(plan),
      ElementsAre("patch_embed", "norm1_proj", "proj", "norm2_proj", "pos_embed",
                  "blocks.0.inner.norm1", "blocks.0.inner.attn.qkv", "blocks.0.inner.attn",
                  "blocks.0.inner.attn.proj", "blocks.0.inner.norm2", "blocks.0.inner.mlp.fc1",
                  "blocks.0.inner.mlp.fc2", "blocks.0.norm1_proj", "blocks.0.proj",
                  "blocks.0.norm2_proj", "blocks.0.add_pixels", "blocks.0.norm1",
                  "blocks.0.attn.qkv", "blocks.0.attn", "blocks.0.attn.proj", "blocks.0.norm2",
                  "blocks.0.mlp.fc1", "blocks.0.mlp.fc2", "pool", "norm", "head"));
}

TEST(Tnt, tokens_that_start_as_zeros_are_positions_until_the_first_block_adds_to_them) {
  const std::vector<std::string> steps =
      steps_of(model_of(with(config(), "start", "zeros")).network.lower({}));
  EXPECT_THAT(steps, ::testing::Not(::testing::Contains("proj")));
  EXPECT_THAT(steps, ::testing::Not(::testing::Contains("blocks.0.add_pixels")));
  EXPECT_THAT(steps, ::testing::Contains("pos_embed"));
  EXPECT_EQ(refusal_of(with(config(), "start", "random")).code, "CFG_FIELD");
}

TEST(Tnt, files_of_its_authors_show_all_but_the_heads) {
  const Tensors tensors = huawei_tensors("tnt_s_patch16_224");
  const Model model = load_model(random_source(tensors), std::nullopt, {.strict = true});
  EXPECT_EQ(model.family, "tnt");
  EXPECT_EQ(model.naming, "huawei");
  TntSpec wanted = spec_of(load_architecture("tnt_s_patch16_224"));
  wanted.names = spec_of(model).names;
  wanted.pixel_position_order = PatchOrder::hwc;
  EXPECT_EQ(spec_of(model), wanted);
  ASSERT_EQ(model.notices.size(), 1u);
  EXPECT_THAT(model.notices[0], HasSubstr("6 heads, 4 heads of the pixels"));
}

TEST(Tnt, tensors_show_the_legacy_form_and_the_start) {
  Tensors tensors = tensors_of(load_architecture("tnt_s_legacy_patch16_224"));
  const TntSpec legacy = spec_of(load_model(random_source(tensors), std::nullopt));
  EXPECT_EQ(legacy.pixel_edge, PixelEdge::neighbours);
  EXPECT_EQ(legacy.merge, PixelMerge::norm_per_pixel);
  EXPECT_EQ(legacy.start, TntStart::projected);
  std::erase_if(tensors, [](const auto& tensor) {
    return tensor.first.starts_with("norm1_proj.") || tensor.first.starts_with("proj.") ||
           tensor.first.starts_with("norm2_proj.");
  });
  EXPECT_EQ(spec_of(load_model(random_source(tensors), std::nullopt)).start, TntStart::zeros);
}

TEST(Tnt, heads_that_no_width_shows_are_asked_for) {
  const WeightSource weights = random_source(tensors_with(config()));
  EXPECT_EQ(testing::thrown_by([&] { load_model(weights, std::nullopt); }).code, "CFG_FIELD");
  LoadOptions options;
  options.overrides = Fields::parse("heads=3,inner_heads=2");
  EXPECT_EQ(spec_of(load_model(weights, std::nullopt, options)).heads, 3);
}

TEST(Tnt, tensors_that_contradict_the_config_are_named) {
  const WeightSource weights = random_source(tensors_with(config()));
  const auto refusal = [&](const Json& other) {
    return testing::thrown_by([&] { model_with(weights, other); });
  };
  const testing::Thrown zeros = refusal(with(config(), "start", "zeros"));
  EXPECT_EQ(zeros.code, "CFG_TENSORS");
  EXPECT_THAT(zeros.message, HasSubstr("start=zeros"));
  const testing::Thrown legacy = refusal(with_argument_of_tnt("legacy", true));
  EXPECT_EQ(legacy.code, "CFG_TENSORS");
  EXPECT_THAT(legacy.message, HasSubstr("merge=norm_per_pixel"));
  EXPECT_EQ(refusal(with_argument_of_tnt("qkv_bias", true)).code, "MODEL_MISSING");
  EXPECT_EQ(refusal(with_argument_of_tnt("inner_dim", 16)).code, "MODEL_SHAPE");
}

TEST(Tnt, settings_that_fit_no_network_are_refused) {
  EXPECT_EQ(refusal_of(with_argument_of_tnt("num_heads_inner", 5)).code, "CFG_INCONSISTENT");
  EXPECT_EQ(refusal_of(with_argument_of_tnt("num_heads_outer", 5)).code, "CFG_INCONSISTENT");
  EXPECT_EQ(refusal_of(with_argument_of_tnt("img_size", 40)).code, "CFG_INCONSISTENT");
  EXPECT_EQ(refusal_of(with_argument_of_tnt("first_stride", 0)).code, "CFG_RANGE");
  EXPECT_EQ(refusal_of(with_argument_of_tnt("inner_dim", 100000)).code, "CFG_BUDGET");
  EXPECT_EQ(refusal_of(with_argument_of_tnt("depth", 1000)).code, "CFG_BUDGET");
  EXPECT_EQ(refusal_of(with_argument_of_tnt("global_pool", "max")).code, "CFG_UNSUPPORTED");
  Json wide = with_argument_of_tnt("inner_dim", 16384);
  wide["model_args"]["patch_size"] = 32;
  EXPECT_EQ(refusal_of(wide).code, "CFG_BUDGET");
  Json uneven = with_argument_of_tnt("first_stride", 3);
  uneven["model_args"]["legacy"] = true;
  EXPECT_EQ(refusal_of(uneven).code, "CFG_INCONSISTENT");
  const testing::Thrown unknown =
      testing::thrown_by([] { load_architecture("tnt_s_patch16_225"); });
  EXPECT_EQ(unknown.code, "CFG_UNSUPPORTED");
  EXPECT_THAT(unknown.hint, HasSubstr("tnt_s_patch16_224"));
}

TEST(Tnt, pixels_in_u8_need_a_convolution_that_stays_inside_its_patch) {
  PlanOptions pixels;
  pixels.input = DType::u8;
  EXPECT_EQ(model_of(config()).network.lower(pixels).inputs.front().dtype, DType::u8);
  const Model legacy = model_of(with_argument_of_tnt("legacy", true));
  const testing::Thrown thrown = testing::thrown_by([&] { legacy.network.lower(pixels); });
  EXPECT_EQ(thrown.code, "CFG_UNSUPPORTED");
  EXPECT_THAT(thrown.message, HasSubstr("u8"));
}

TEST(Tnt, another_image_size_resamples_the_positions_of_the_patches) {
  PlanOptions larger;
  larger.image_h = 48;
  larger.image_w = 64;
  EXPECT_EQ(model_of(config()).network.sized_for(larger).as<TntSpec>().patches(), 12);
  EXPECT_NO_THROW(model_of(config()).network.lower(larger));
  larger.batch = 1 << 24;
  EXPECT_EQ(testing::thrown_by([&] { model_of(config()).network.lower(larger); }).code,
            "BATCH_RANGE");
}

TEST(Tnt, file_with_two_models_is_refused_and_a_wrapper_is_not) {
  Tensors tensors = tensors_with(config());
  Tensors both = tensors;
  for (auto& [name, shape] : tensors) {
    name = "module." + name;
    both.emplace_back(name, shape);
  }
  EXPECT_EQ(spec_of(model_with(random_source(tensors), config(), {.strict = true})).heads, 3);
  EXPECT_EQ(testing::thrown_by([&] { model_with(random_source(both), config()); }).code,
            "MODEL_NAMES");
}

}  // namespace
}  // namespace vitgen
