// CLIP's vision tower: configs, names, and the text tower beside it.

#include <gtest/gtest.h>

#include "tests/models/small_configs.h"
#include "tests/models/vit_of.h"

namespace vitgen {
namespace {

Json tower_config() {
  return Json::parse(R"({
    "architectures": ["CLIPVisionModelWithProjection"], "model_type": "clip_vision_model",
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64,
    "image_size": 24, "patch_size": 8, "projection_dim": 12})");
}

/// The config of both towers.
Json clip_config() {
  Json tower = tower_config();
  tower.erase("architectures");
  return {{"architectures", Json::array({"CLIPModel"})},
          {"model_type", "clip"},
          {"projection_dim", 20},
          {"text_config", Json::object()},
          {"vision_config", tower}};
}

TEST(Clip, tower_has_its_norms_bias_and_activation_where_clip_has_them) {
  const Model model = model_of(tower_config());
  const VitSpec spec = vit_of(model);
  EXPECT_TRUE(spec.norm_pre);
  EXPECT_FALSE(spec.patch_bias);
  EXPECT_EQ(spec.final_norm, FinalNorm::after_pool);
  EXPECT_EQ(spec.pooling, Pooling::token);
  EXPECT_EQ(spec.activation, Activation::quick_gelu);
  EXPECT_EQ(spec.eps, 1e-5f);
  EXPECT_EQ(spec.classes, 12);
  EXPECT_FALSE(spec.head_bias);
  EXPECT_EQ(model.preprocess->mean[0], 0.48145466f);
  Json bare = tower_config();
  bare["architectures"] = Json::array({"CLIPVisionModel"});
  EXPECT_EQ(vit_of(model_of(bare)).classes, 0);
}

TEST(Clip, config_of_both_towers_gives_the_one_for_images) {
  const VitSpec spec = vit_of(model_of(clip_config()));
  EXPECT_EQ(spec.width, 32);
  EXPECT_EQ(spec.classes, 20);
  const testing::Thrown thrown = refusal_of(with(clip_config(), "vision_config", Json::object()));
  EXPECT_EQ(thrown.code, "CFG_FIELD");
  EXPECT_NE(thrown.message.find("vision_config"), std::string::npos) << thrown.message;
}

TEST(Clip, text_tower_beside_it_is_ignored) {
  const Tensors both = tensors_with(tower_config(), [](Tensors& t) {
    t.emplace_back("text_model.final_layer_norm.weight", Shape{16});
    t.emplace_back("text_projection.weight", Shape{12, 16});
    t.emplace_back("logit_scale", Shape{1});
  });
  const Model model = model_with(random_source(both), tower_config(), {.strict = true});
  EXPECT_EQ(model.naming, "hf_clip");
  EXPECT_EQ(vit_of(model).head_matrix, MatrixOrder::out_in);
}

TEST(Clip, openais_file_has_its_projection_transposed_and_needs_a_config) {
  Tensors tensors = {
      {"visual.conv1.weight", {32, 3, 8, 8}},    {"visual.class_embedding", {32}},
      {"visual.positional_embedding", {10, 32}}, {"visual.proj", {32, 12}},
      {"positional_embedding", {77, 16}},        {"transformer.resblocks.0.ln_1.weight", {16}}};
  const auto pair = [&](const std::string& name, Shape shape, const std::string& dot = ".") {
    tensors.emplace_back(name + dot + "bias", Shape{shape[0]});
    tensors.emplace_back(name + dot + "weight", std::move(shape));
  };
  pair("visual.ln_pre", {32});
  pair("visual.ln_post", {32});
  for (const char* block : {"visual.transformer.resblocks.0.", "visual.transformer.resblocks.1."}) {
    const std::string at = block;
    pair(at + "ln_1", {32});
    pair(at + "attn.in_proj", {96, 32}, "_");
    pair(at + "attn.out_proj", {32, 32});
    pair(at + "ln_2", {32});
    pair(at + "mlp.c_fc", {64, 32});
    pair(at + "mlp.c_proj", {32, 64});
  }
  const WeightSource weights = random_source(tensors);
  const Model model = model_with(weights, tower_config(), {.strict = true});
  EXPECT_EQ(model.naming, "openai_clip");
  EXPECT_EQ(vit_of(model).head_matrix, MatrixOrder::in_out);
  const testing::Thrown thrown = testing::thrown_by([&] { load_model(weights, std::nullopt); });
  EXPECT_EQ(thrown.code, "CFG_FIELD");
  EXPECT_NE(thrown.hint.find("--config"), std::string::npos) << thrown.hint;
}

}  // namespace
}  // namespace vitgen
