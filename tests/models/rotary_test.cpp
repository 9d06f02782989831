// Models with rotary positions: what configs of transformers' DINOv3 and timm's Eva say, and how
// their files call and lay out their tensors.

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/models/small_configs.h"
#include "tests/models/vit_of.h"

namespace vitgen {
namespace {

using testing::Thrown;

Json dinov3_config() {
  Json config = with(hf_config(), "model_type", "dinov3_vit");
  config["architectures"] = Json::array({"DINOv3ViTModel"});
  config["num_register_tokens"] = 4;
  for (const char* key : {"id2label", "layer_norm_eps", "qkv_bias"}) config.erase(key);
  return config;
}

/// timm's `architecture` with the sizes of timm_config().
Json eva_config(const std::string& architecture) {
  Json config = with(timm_config(), "architecture", architecture);
  config.erase("global_pool");
  config.erase("num_classes");
  return config;
}

Json with_eva_argument(const std::string& key, const Json& value) {
  Json config = eva_config("eva02_tiny_patch14_224");
  config["model_args"][key] = value;
  return config;
}

TEST(DinoV3, positions_are_turned_about_the_image_and_nothing_is_added) {
  const Model model = model_of(dinov3_config());
  const VitSpec spec = vit_of(model);
  EXPECT_EQ(spec.positions, Positions::none);
  EXPECT_EQ(spec.position_prefix, 0);
  EXPECT_EQ(spec.rotary, Rotary2d::halves);
  EXPECT_EQ(spec.rotary_places, RotaryPlaces::centred);
  EXPECT_EQ(spec.rotary_theta, 100);
  EXPECT_EQ(spec.eps, 1e-5f);
  EXPECT_EQ(spec.registers, 4);
  EXPECT_TRUE(spec.cls && spec.layer_scale && spec.q_bias && spec.v_bias);
  EXPECT_FALSE(spec.k_bias);
  EXPECT_EQ(spec.mlp, 64);
  EXPECT_EQ(spec.gate, GateWeights::none);
  EXPECT_EQ(spec.classes, 0);
  EXPECT_EQ(spec.pooling, Pooling::token);
  EXPECT_EQ(model.preprocess->mean[0], 0.485f);
  EXPECT_EQ(vit_of(model_of(with(dinov3_config(), "num_register_tokens", nullptr))).registers, 0);
}

TEST(DinoV3, biases_gate_and_base_are_keys_of_their_own) {
  Json config = dinov3_config();
  config["query_bias"] = config["value_bias"] = config["proj_bias"] = config["mlp_bias"] = false;
  config["key_bias"] = config["use_gated_mlp"] = true;
  config["hidden_act"] = "silu";
  config["rope_theta"] = 7.5;
  const VitSpec spec = vit_of(model_of(config));
  EXPECT_FALSE(spec.q_bias || spec.v_bias || spec.proj_bias || spec.mlp_bias);
  EXPECT_TRUE(spec.k_bias);
  EXPECT_EQ(spec.gate, GateWeights::split);
  EXPECT_EQ(spec.activation, Activation::silu);
  EXPECT_EQ(spec.rotary_theta, 7.5f);
  EXPECT_TRUE(model_of(config).notices.size() <= 1) << "keys are known";
  EXPECT_EQ(refusal_of(with(dinov3_config(), "rope_theta", -1)).code, "CFG_RANGE");
}

TEST(DinoV3, file_without_its_config_is_refused) {
  const WeightSource weights = random_source(tensors_with(dinov3_config()));
  const Thrown thrown = testing::thrown_by([&] { load_model(weights, std::nullopt); });
  EXPECT_EQ(thrown.code, "CFG_FIELD");
  EXPECT_NE(thrown.message.find("transformers"), std::string::npos) << thrown.message;
}

TEST(DinoV3, size_of_the_image_processor_counts) {
  const testing::Scratch folder;
  folder.write("preprocessor_config.json",
               R"({"image_processor_type": "DINOv3ViTImageProcessorFast", "size": {"height": 40,
                   "width": 48}})");
  const Model model = load_architecture(folder.write("config.json", dinov3_config().dump()));
  EXPECT_EQ(vit_of(model).image_h, 40);
  EXPECT_EQ(vit_of(model).image_w, 48);
}

TEST(DinoV3, of_timm_pools_the_patches_after_the_norm_and_has_no_biases_of_q_k_and_v) {
  const VitSpec spec = vit_of(load_architecture("vit_small_patch16_dinov3"));
  EXPECT_EQ(spec.rotary, Rotary2d::halves);
  EXPECT_EQ(spec.rotary_places, RotaryPlaces::centred);
  EXPECT_EQ(spec.positions, Positions::none);
  EXPECT_EQ(spec.pooling, Pooling::mean);
  EXPECT_EQ(spec.final_norm, FinalNorm::before_pool);
  EXPECT_EQ(spec.registers, 4);
  EXPECT_EQ(spec.image_h, 256);
  EXPECT_EQ(spec.eps, 1e-5f);
  EXPECT_FALSE(spec.q_bias || spec.k_bias || spec.v_bias);
  Json token = with(eva_config("vit_small_patch16_dinov3"), "global_pool", "token");
  EXPECT_EQ(vit_of(model_of(token)).pooling, Pooling::token);
  EXPECT_EQ(vit_of(model_of(token)).final_norm, FinalNorm::before_pool);
  const VitSpec huge = vit_of(load_architecture("vit_huge_plus_patch16_dinov3"));
  EXPECT_EQ(huge.gate, GateWeights::split);
  EXPECT_EQ(huge.mlp, 5120);
  EXPECT_EQ(vit_of(load_architecture("vit_7b_patch16_dinov3")).mlp, 8192);
}

TEST(Eva, rotary_positions_of_eva02_are_counted_on_the_scale_of_its_pre_training) {
  const VitSpec spec = vit_of(load_architecture("eva02_base_patch14_448"));
  EXPECT_EQ(spec.rotary, Rotary2d::adjacent);
  EXPECT_EQ(spec.rotary_places, RotaryPlaces::counted);
  EXPECT_EQ(spec.rotary_theta, 10000);
  EXPECT_EQ(spec.rotary_grid_h, 16);
  EXPECT_EQ(spec.rotary_grid_w, 16);
  EXPECT_EQ(spec.grid_h, 32);
  EXPECT_EQ(spec.positions, Positions::learned);
  EXPECT_EQ(spec.position_prefix, 1);
  EXPECT_EQ(spec.gate, GateWeights::split);
  EXPECT_EQ(spec.mlp, 2048);
  EXPECT_TRUE(spec.mlp_norm && spec.q_bias && spec.v_bias);
  EXPECT_FALSE(spec.k_bias || spec.attn_norm);
  EXPECT_EQ(spec.final_norm, FinalNorm::after_pool);
  EXPECT_EQ(spec.names.q, "blocks.{}.attn.q_proj.*");
  const VitSpec tiny = vit_of(load_architecture("eva02_tiny_patch14_224"));
  EXPECT_EQ(tiny.gate, GateWeights::joined);
  EXPECT_EQ(tiny.mlp, 512);
  EXPECT_FALSE(tiny.mlp_norm);
  EXPECT_EQ(tiny.names.q_bias, "blocks.{}.attn.q_bias");
}

TEST(Eva, arguments_of_a_config_go_before_the_architecture) {
  EXPECT_EQ(vit_of(model_of(with_eva_argument("rope_temperature", 50))).rotary_theta, 50);
  EXPECT_EQ(vit_of(model_of(with_eva_argument("num_reg_tokens", 3))).registers, 3);
  EXPECT_EQ(vit_of(model_of(with_eva_argument("use_rot_pos_emb", false))).rotary, Rotary2d::none);
  EXPECT_EQ(vit_of(model_of(with_eva_argument("use_fc_norm", false))).final_norm,
            FinalNorm::before_pool);
  EXPECT_EQ(vit_of(model_of(with_eva_argument("rope_rotate_half", true))).rotary, Rotary2d::halves);
  EXPECT_TRUE(vit_of(model_of(with_eva_argument("rope_grid_indexing", "xy"))).rotary_x_first);
  const VitSpec aligned = vit_of(model_of(with_eva_argument("swiglu_align_to", 64)));
  EXPECT_EQ(aligned.gate, GateWeights::split);
  EXPECT_EQ(aligned.mlp, 128);  // int(32 * 8 / 3) = 85
  const VitSpec split = vit_of(model_of(with_eva_argument("qkv_fused", false)));
  EXPECT_EQ(split.names.q, "blocks.{}.attn.q_proj.*");
}

TEST(Eva, what_lies_beyond_is_unsupported) {
  for (const auto& [key, value] : {std::pair<std::string, Json>{"rope_type", "mixed"},
                                   {"rope_grid_offset", 1.0},
                                   {"num_kv_heads", 1},
                                   {"qk_norm", true},
                                   {"use_post_transformer_norm", true}}) {
    EXPECT_EQ(refusal_of(with_eva_argument(key, value)).code, "CFG_UNSUPPORTED") << key;
  }
  for (const std::string name : {"vit_base_patch16_rope_mixed_224", "vit_base_patch16_sapiens2",
                                 "vit_pe_core_base_patch16_224"}) {
    EXPECT_EQ(testing::thrown_by([&] { load_architecture(name); }).code, "CFG_UNSUPPORTED");
  }
}

TEST(Eva, files_are_told_apart_by_their_tensors_and_need_their_config) {
  for (const auto& [architecture, scheme] :
       {std::pair<std::string, std::string>{"eva02_tiny_patch14_224", "timm_eva"},
        {"eva02_base_patch14_224", "timm_eva_split"},
        {"vit_small_patch16_rope_ape_224", "deit3"},
        {"vit_small_patch16_dinov3_qkvb", "timm_eva"}}) {
    const Json config = eva_config(architecture);
    const WeightSource weights = random_source(tensors_with(config));
    EXPECT_EQ(model_with(weights, config, {.strict = true}).naming, scheme) << architecture;
    if (scheme == "deit3") continue;
    const Thrown thrown = testing::thrown_by([&, w = &weights] { load_model(*w, std::nullopt); });
    EXPECT_EQ(thrown.code, "CFG_FIELD") << architecture;
    EXPECT_NE(thrown.message.find("Eva"), std::string::npos) << thrown.message;
  }
}

TEST(Eva, norms_after_the_branches_have_no_layer_scale) {
  const VitSpec spec = vit_of(load_architecture("eva02_enormous_patch14_clip_224"));
  EXPECT_EQ(spec.norm_placement, NormPlacement::res_post);
  EXPECT_FALSE(spec.layer_scale);
  EXPECT_EQ(spec.rotary, Rotary2d::none);
}

}  // namespace
}  // namespace vitgen
