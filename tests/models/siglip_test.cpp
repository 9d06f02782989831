// SigLIP's vision tower: configs, attention pooling by its names, and the classifier on the tower.

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/models/small_configs.h"
#include "tests/models/vit_of.h"

namespace vitgen {
namespace {

Json tower_config() {
  return Json::parse(R"({
    "architectures": ["SiglipVisionModel"], "model_type": "siglip_vision_model",
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64,
    "image_size": 24, "patch_size": 8})");
}

/// The config of both towers; its own leaves out what is as usual.
Json siglip_config(const Json& vision = {{"model_type", "siglip_vision_model"}}) {
  return {{"architectures", Json::array({"SiglipModel"})},
          {"model_type", "siglip"},
          {"text_config", Json::object()},
          {"vision_config", vision}};
}

TEST(Siglip, tower_pools_by_attention_and_has_no_cls) {
  const Model model = model_of(tower_config());
  const VitSpec spec = vit_of(model);
  EXPECT_TRUE(spec.attention_pool);
  EXPECT_FALSE(spec.cls);
  EXPECT_EQ(spec.position_prefix, 0);
  EXPECT_TRUE(spec.patch_bias);
  EXPECT_EQ(spec.final_norm, FinalNorm::before_pool);
  EXPECT_EQ(spec.activation, Activation::gelu_tanh);
  EXPECT_EQ(spec.eps, 1e-6f);
  EXPECT_EQ(spec.classes, 0);
  EXPECT_EQ(model.preprocess->mean[0], 0.5f);
  EXPECT_EQ(model.preprocess->resize, ResizeMode::exact);
  EXPECT_FALSE(vit_of(model_of(with(tower_config(), "vision_use_head", false))).attention_pool);
}

TEST(Siglip, config_of_both_towers_may_leave_out_the_usual_sizes) {
  const VitSpec spec = vit_of(model_of(siglip_config()));
  EXPECT_EQ(spec.width, 768);
  EXPECT_EQ(spec.depth, 12);
  EXPECT_EQ(spec.patches(), 196);
  const Json large = {{"model_type", "siglip_vision_model"},
                      {"hidden_size", 1152},
                      {"image_size", 384},
                      {"intermediate_size", 4304},
                      {"num_attention_heads", 16},
                      {"num_hidden_layers", 27},
                      {"patch_size", 14}};
  const VitSpec so400m = vit_of(model_of(siglip_config(large)));
  EXPECT_EQ(so400m.head_size, 72);
  EXPECT_EQ(so400m.patches(), 27 * 27);  // 6 pixels are left over
}

TEST(Siglip, text_tower_beside_it_is_ignored) {
  const Tensors both = tensors_with(tower_config(), [](Tensors& t) {
    t.emplace_back("text_model.final_layer_norm.weight", Shape{16});
    t.emplace_back("logit_scale", Shape{1});
    t.emplace_back("logit_bias", Shape{1});
  });
  EXPECT_NO_THROW(model_with(random_source(both), tower_config(), {.strict = true}));
}

TEST(Siglip, classifier_reads_the_mean_and_leaves_the_pooling_head_alone) {
  Tensors tensors = tensors_with(tower_config());
  tensors.emplace_back("classifier.weight", Shape{3, 32});
  tensors.emplace_back("classifier.bias", Shape{3});
  Json config = with(tower_config(), "id2label", hf_config()["id2label"]);
  config["architectures"] = Json::array({"SiglipForImageClassification"});
  const Model model = model_with(random_source(tensors), config);
  const VitSpec spec = vit_of(model);
  EXPECT_EQ(spec.classes, 3);
  EXPECT_FALSE(spec.attention_pool);
  EXPECT_EQ(spec.pooling, Pooling::mean);
  EXPECT_EQ(model.labels.size(), 3u);
  EXPECT_TRUE(std::ranges::any_of(model.notices, [](const std::string& notice) {
    return notice.find("head.probe") != std::string::npos;
  }));
}

TEST(Siglip, pooling_of_timm_is_seen_without_a_config_and_wanted_where_the_file_has_it) {
  const Json config = with(timm_config(), "architecture", "vit_base_patch16_siglip_224");
  Json wide = config;
  wide["global_pool"] = "map";
  wide["model_args"]["embed_dim"] = 64;
  const WeightSource weights = random_source(tensors_with(wide));
  EXPECT_TRUE(vit_of(load_model(weights, std::nullopt, {.strict = true})).attention_pool);
  wide["global_pool"] = "avg";
  wide["model_args"]["fc_norm"] = false;
  const testing::Thrown thrown = testing::thrown_by([&] { model_with(weights, wide); });
  EXPECT_EQ(thrown.code, "CFG_TENSORS");
  EXPECT_NE(thrown.message.find("attention_pool=0"), std::string::npos) << thrown.message;
}

TEST(Siglip, missing_part_of_the_pooling_head_is_named) {
  Tensors tensors = tensors_with(tower_config(), [](Tensors& all) {
    std::erase_if(all, [](const auto& tensor) { return tensor.first == "head.layernorm.weight"; });
  });
  const testing::Thrown thrown =
      testing::thrown_by([&] { model_with(random_source(tensors), tower_config()); });
  EXPECT_EQ(thrown.code, "MODEL_MISSING");
  EXPECT_NE(thrown.message.find("head.layernorm.weight"), std::string::npos) << thrown.message;
}

}  // namespace
}  // namespace vitgen
