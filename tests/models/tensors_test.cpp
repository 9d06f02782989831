// Tensor files against configs: names, wrappers, shapes, contradictions.

#include <gtest/gtest.h>

#include "tests/models/small_configs.h"
#include "tests/models/vit_of.h"

namespace vitgen {
namespace {

using testing::Thrown;

Shape& shape_named(Tensors& tensors, const std::string& name) {
  for (auto& [key, shape] : tensors) {
    if (key == name) return shape;
  }
  throw std::runtime_error(name);
}

void remove_tensor(Tensors& tensors, const std::string& name) {
  std::erase_if(tensors, [&](const auto& t) { return t.first == name; });
}

Thrown refusal(const Json& config, const std::function<void(Tensors&)>& change,
               const LoadOptions& options = {}) {
  const WeightSource weights = random_source(tensors_with(config, change));
  return testing::thrown_by([&] { model_with(weights, config, options); });
}

TEST(Tensors, wrong_shape_names_tensor_expected_and_got) {
  const Thrown thrown = refusal(
      timm_config(), [](Tensors& t) { shape_named(t, "blocks.1.attn.qkv.weight") = {48, 32}; });
  EXPECT_EQ(thrown.code, "MODEL_SHAPE");
  EXPECT_EQ(thrown.message, "blocks.1.attn.qkv.weight: expected 96x32, got 48x32");
  EXPECT_NE(thrown.hint.find("config.json gives 2 blocks of width 32"), std::string::npos)
      << thrown.hint;
}

TEST(Tensors, transposed_weight_is_told_apart) {
  const Thrown thrown = refusal(
      timm_config(), [](Tensors& t) { shape_named(t, "blocks.0.mlp.fc1.weight") = {32, 128}; });
  EXPECT_EQ(thrown.code, "MODEL_SHAPE");
  EXPECT_NE(thrown.hint.find("transposed"), std::string::npos);
}

TEST(Tensors, missing_tensor_is_named) {
  const Thrown thrown = refusal(timm_config(), [](Tensors& t) { remove_tensor(t, "norm.bias"); });
  EXPECT_EQ(thrown.code, "MODEL_MISSING");
  EXPECT_NE(thrown.message.find("norm.bias"), std::string::npos);
}

TEST(Tensors, misspelt_tensor_is_suggested) {
  const Thrown thrown = refusal(timm_config(), [](Tensors& t) {
    t.emplace_back("blocks.1.atn.proj.bias", Shape{32});
    remove_tensor(t, "blocks.1.attn.proj.bias");
  });
  EXPECT_EQ(thrown.code, "MODEL_MISSING");
  EXPECT_NE(thrown.hint.find("blocks.1.atn.proj.bias"), std::string::npos) << thrown.hint;
}

TEST(Tensors, file_that_has_more_than_the_config_says_contradicts_it) {
  struct Case {
    const char* name;
    Shape shape;
    const char* says;
  };
  for (const Case& c : {Case{"blocks.2.norm1.weight", {32}, "depth=2"},
                        Case{"blocks.0.ls1.gamma", {32}, "layer_scale=0"},
                        Case{"reg_token", {1, 4, 32}, "registers=0"},
                        Case{"dist_token", {1, 1, 32}, "distillation token=0"},
                        Case{"norm_pre.weight", {32}, "norm_pre=0"},
                        Case{"fc_norm.weight", {32}, "final_norm=before_pool"}}) {
    const Thrown thrown =
        refusal(timm_config(), [&](Tensors& t) { t.emplace_back(c.name, c.shape); });
    EXPECT_EQ(thrown.code, "CFG_TENSORS") << c.name;
    EXPECT_NE(thrown.message.find(c.name), std::string::npos) << thrown.message;
    EXPECT_NE(thrown.message.find(c.says), std::string::npos) << thrown.message;
    EXPECT_NE(thrown.message.find("config.json"), std::string::npos) << thrown.message;
  }
}

TEST(Tensors, qkv_bias_that_only_the_file_has_contradicts_the_config) {
  Json config = timm_config();
  const WeightSource weights = random_source(tensors_with(config));
  config["model_args"]["qkv_bias"] = false;
  EXPECT_EQ(testing::thrown_by([&] { model_with(weights, config); }).code, "CFG_TENSORS");
}

TEST(Tensors, unknown_ones_are_noticed_or_with_strict_an_error) {
  const auto add = [](Tensors& t) { t.emplace_back("teacher_temperature", Shape{1}); };
  const WeightSource weights = random_source(tensors_with(timm_config(), add));
  const Model model = model_with(weights, timm_config());
  ASSERT_EQ(model.notices.size(), 1u);
  EXPECT_NE(model.notices[0].find("teacher_temperature"), std::string::npos);
  LoadOptions strict;
  strict.strict = true;
  EXPECT_EQ(refusal(timm_config(), add, strict).code, "MODEL_EXTRA");
}

TEST(Tensors, those_of_training_are_ignored) {
  LoadOptions strict;
  strict.strict = true;
  const Thrown thrown = refusal(
      timm_config(),
      [](Tensors& t) {
        t.emplace_back("mask_token", Shape{1, 32});
        t.emplace_back("embeddings.position_ids", Shape{1, 10});
      },
      strict);
  EXPECT_EQ(thrown.code, "") << thrown.message;
}

TEST(Tensors, pooler_beside_a_classifier_is_left_out) {
  const auto add = [](Tensors& t) {
    t.emplace_back("vit.pooler.dense.weight", Shape{32, 32});
    t.emplace_back("vit.pooler.dense.bias", Shape{32});
  };
  const Model model = model_with(random_source(tensors_with(hf_config(), add)), hf_config());
  EXPECT_FALSE(vit_of(model).pooler);
  EXPECT_EQ(vit_of(model).classes, 3);
}

TEST(Tensors, axes_of_extent_one_and_flattened_patches_do_not_matter) {
  const WeightSource weights = random_source(tensors_with(timm_config(), [](Tensors& t) {
    shape_named(t, "cls_token") = {32};
    shape_named(t, "pos_embed") = {10, 32};
    shape_named(t, "patch_embed.proj.weight") = {32, 192};
  }));
  EXPECT_NO_THROW(model_with(weights, timm_config()));
}

TEST(Tensors, wrappers_and_prefixes_are_found_in_every_order) {
  const Tensors plain = tensors_with(timm_config());
  for (const std::string wrapper :
       {"module.", "model.", "module.model.", "backbone.", "state_dict.model.", "visual.trunk."}) {
    Tensors wrapped = plain;
    for (auto& tensor : wrapped) tensor.first.insert(0, wrapper);
    const Model model = model_with(random_source(wrapped), timm_config());
    EXPECT_EQ(vit_of(model).names.qkv, wrapper + "blocks.{}.attn.qkv.*");
    EXPECT_EQ(vit_of(model).names.head, wrapper + "head.*");
  }
  Tensors hf = tensors_with(hf_config());
  for (auto& tensor : hf) tensor.first.insert(0, "module.");
  const Model model = model_with(random_source(hf), hf_config());
  EXPECT_EQ(vit_of(model).names.cls, "module.vit.embeddings.cls_token");
  EXPECT_EQ(vit_of(model).names.head, "module.classifier.*");
}

TEST(Tensors, unknown_wrapper_or_two_models_are_refused) {
  Tensors odd = tensors_with(timm_config());
  for (auto& tensor : odd) tensor.first.insert(0, "whatever.");
  EXPECT_EQ(testing::code_of([&] { model_with(random_source(odd), timm_config()); }),
            "MODEL_NAMES");
  Tensors two = tensors_with(timm_config());
  for (const auto& [name, shape] : tensors_with(timm_config())) {
    two.emplace_back("teacher." + name, shape);
  }
  EXPECT_EQ(testing::code_of([&] { model_with(random_source(two), timm_config()); }),
            "MODEL_NAMES");
}

TEST(Tensors, transformers_file_without_config_is_refused) {
  const WeightSource weights = random_source(tensors_with(hf_config()));
  const Thrown thrown = testing::thrown_by([&] { load_model(weights, std::nullopt); });
  EXPECT_EQ(thrown.code, "CFG_FIELD");
  EXPECT_NE(thrown.hint.find("--config"), std::string::npos);
}

// The file's own names decide how it is read; the config's sizes must still be its own.
TEST(Tensors, ST26_names_of_the_other_library_than_the_configs_are_held_against_it) {
  const WeightSource timm = random_source(tensors_with(timm_config()));
  const Thrown thrown = testing::thrown_by([&] { model_with(timm, hf_config()); });
  EXPECT_EQ(thrown.code, "MODEL_SHAPE");
  EXPECT_EQ(thrown.message, "blocks.0.mlp.fc1.weight: expected 64x32, got 128x32");
  const Model same = model_with(timm, with(hf_config(), "intermediate_size", 128));
  EXPECT_EQ(vit_of(same).mlp, 128);
}

TEST(Tensors, other_networks_are_refused) {
  const WeightSource weights = random_source({{"layer1.0.conv1.weight", {64, 64, 3, 3}}});
  EXPECT_EQ(testing::code_of([&] { load_model(weights, std::nullopt); }), "MODEL_NAMES");
  EXPECT_EQ(testing::code_of([&] { model_with(weights, timm_config()); }), "MODEL_NAMES");
}

}  // namespace
}  // namespace vitgen
