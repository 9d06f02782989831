// What well-formed configs mean.

#include <gtest/gtest.h>

#include "tests/models/small_configs.h"
#include "tests/models/vit_of.h"

namespace vitgen {
namespace {

TEST(Config, transformers_fields_reach_the_spec) {
  Json config = hf_config();
  config["hidden_act"] = "gelu_pytorch_tanh";
  config["qkv_bias"] = false;
  config["image_size"] = Json::array({24, 40});
  const VitSpec spec = vit_of(model_of(config));
  EXPECT_EQ(spec.activation, Activation::gelu_tanh);
  EXPECT_FALSE(spec.q_bias || spec.k_bias || spec.v_bias);
  EXPECT_EQ(spec.grid_h, 3);
  EXPECT_EQ(spec.grid_w, 5);
  EXPECT_EQ(spec.eps, 1e-12f);
  EXPECT_EQ(spec.resample, tensors::Resample::torch_bicubic);
  EXPECT_EQ(spec.final_norm, FinalNorm::before_pool);
  EXPECT_EQ(spec.names.q, "vit.encoder.layer.{}.attention.attention.query.*");
}

TEST(Config, transformers_eps_defaults_to_its_model_type) {
  Json config = hf_config();
  config.erase("layer_norm_eps");
  EXPECT_EQ(vit_of(model_of(config)).eps, 1e-12f);
  config["model_type"] = "dinov2";
  config["architectures"] = Json::array({"Dinov2Model"});
  const VitSpec spec = vit_of(model_of(config));
  EXPECT_EQ(spec.eps, 1e-6f);
  EXPECT_EQ(spec.mlp, 128);
  EXPECT_TRUE(spec.layer_scale);
  EXPECT_EQ(spec.classes, 0);
  EXPECT_FALSE(spec.pooler);
}

TEST(Config, deit_of_transformers_always_has_the_distillation_token) {
  Json config = hf_config();
  config["model_type"] = "deit";
  config["architectures"] = Json::array({"DeiTForImageClassification"});
  VitSpec spec = vit_of(model_of(config));
  EXPECT_EQ(spec.prefix(), 2);
  EXPECT_EQ(spec.position_prefix, 2);
  EXPECT_EQ(spec.pooling, Pooling::token);
  EXPECT_FALSE(spec.two_heads);
  config["architectures"] = Json::array({"DeiTForImageClassificationWithTeacher"});
  spec = vit_of(model_of(config));
  EXPECT_TRUE(spec.two_heads);
  EXPECT_EQ(spec.pooling, Pooling::two_tokens);
  EXPECT_EQ(spec.names.head, "cls_classifier.*");
}

TEST(Config, registers_have_no_positions_in_transformers_and_all_or_none_in_timm) {
  Json config = hf_config();
  config["model_type"] = "dinov2_with_registers";
  config["architectures"] = Json::array({"Dinov2WithRegistersModel"});
  const VitSpec hf = vit_of(model_of(config));
  EXPECT_EQ(hf.registers, 4);
  EXPECT_EQ(hf.position_prefix, 1);
  EXPECT_EQ(hf.resample, tensors::Resample::torch_bicubic_aa);
  EXPECT_EQ(vit_of(model_of(with_argument("reg_tokens", 4))).position_prefix, 5);
  Json none = with_argument("reg_tokens", 4);
  none["model_args"]["no_embed_class"] = true;
  EXPECT_EQ(vit_of(model_of(none)).position_prefix, 0);
}

TEST(Config, timm_average_pooling_moves_the_norm_unless_told_otherwise) {
  EXPECT_EQ(vit_of(model_of(with(timm_config(), "global_pool", "avg"))).final_norm,
            FinalNorm::after_pool);
  Json config = with_argument("global_pool", "avg");
  EXPECT_EQ(vit_of(model_of(config)).final_norm, FinalNorm::after_pool);
  config["model_args"]["fc_norm"] = false;
  EXPECT_EQ(vit_of(model_of(config)).final_norm, FinalNorm::before_pool);
  EXPECT_EQ(vit_of(model_of(with_argument("final_norm", false))).final_norm, FinalNorm::none);
}

TEST(Config, timm_input_size_sets_image_and_channels_when_the_size_is_fixed) {
  Json config = timm_config();
  config["model_args"].erase("img_size");
  config["pretrained_cfg"]["input_size"] = Json::array({1, 32, 40});
  config["pretrained_cfg"]["mean"] = config["pretrained_cfg"]["std"] = Json::array({0.5});
  const VitSpec spec = vit_of(model_of(config));
  EXPECT_EQ(spec.channels, 1);
  EXPECT_EQ(spec.image_h, 32);
  EXPECT_EQ(spec.image_w, 40);
}

TEST(Config, old_timm_config_with_everything_at_the_top_is_read) {
  const Json config = Json::parse(R"({
    "architecture": "vit_tiny_patch16_224", "num_classes": 21, "input_size": [3, 384, 384],
    "fixed_input_size": true, "crop_pct": 1.0, "mean": [0.1, 0.2, 0.3], "std": [1, 2, 3]})");
  const Model model = model_of(config);
  EXPECT_EQ(vit_of(model).classes, 21);
  EXPECT_EQ(vit_of(model).image_h, 384);
  EXPECT_EQ(vit_of(model).mean[1], 0.2f);
  EXPECT_EQ(model.preprocess->resize_h, 384);
}

TEST(Config, labels_come_from_lists_objects_and_descriptions) {
  Json config = timm_config();
  config["label_names"] = Json::array({"n1", "n2", "n3"});
  config["label_descriptions"] = Json{{"n1", "tench"}, {"n3", "shark"}};
  EXPECT_EQ(model_of(config).labels, (std::vector<std::string>{"tench", "n2", "shark"}));
  config["label_names"] = Json::array({"n1"});
  const Model dropped = model_of(config);
  EXPECT_TRUE(dropped.labels.empty());
  EXPECT_EQ(dropped.notices.size(), 1u);
  EXPECT_EQ(model_of(hf_config()).labels, (std::vector<std::string>{"ant", "bee", "cat"}));
  Json far = hf_config();
  far["id2label"] = Json{{"99999999999", "x"}};
  EXPECT_EQ(refusal_of(far).code, "CFG_RANGE");
}

TEST(Config, timm_blocks_with_norms_after_their_branch_have_no_layer_scale) {
  Json config = with_argument("init_values", 1e-5);
  config["architecture"] = "vit_base_patch16_rpn_224";  // without [CLS]
  config["global_pool"] = "avg";
  const VitSpec spec = vit_of(model_of(config));
  EXPECT_EQ(spec.norm_placement, NormPlacement::res_post);
  EXPECT_FALSE(spec.layer_scale);
  EXPECT_EQ(vit_of(model_of(timm_config())).norm_placement, NormPlacement::pre);
}

TEST(Config, timm_norm_of_the_patches_is_a_layer_norm_with_the_eps_of_the_others) {
  EXPECT_FALSE(vit_of(model_of(timm_config())).patch_norm);
  Json config = with_argument("embed_norm_layer", "layernorm");
  EXPECT_TRUE(vit_of(model_of(config)).patch_norm);
  config["architecture"] = "vit_base_patch32_clip_quickgelu_224";  // eps 1e-5
  EXPECT_EQ(refusal_of(config).code, "CFG_UNSUPPORTED");
  EXPECT_EQ(refusal_of(with_argument("embed_norm_layer", "rmsnorm")).code, "CFG_UNSUPPORTED");
}

TEST(Config, mae_of_transformers_has_no_pooler_and_computes_the_positions_that_a_file_lacks) {
  Json config = with(hf_config(), "model_type", "vit_mae");
  config["architectures"] = Json::array({"ViTMAEModel"});
  config.erase("id2label");
  const VitSpec spec = vit_of(model_of(config));
  EXPECT_FALSE(spec.pooler);
  EXPECT_EQ(spec.classes, 0);
  EXPECT_EQ(spec.positions, Positions::learned);
  const Tensors without = tensors_with(config, [](Tensors& t) {
    std::erase_if(
        t, [](const auto& entry) { return entry.first == "embeddings.position_embeddings"; });
  });
  EXPECT_EQ(vit_of(model_with(random_source(without), config)).positions, Positions::sincos_2d);
  const WeightSource plain = random_source(without);
  const Json vit = with(config, "model_type", "vit");
  EXPECT_EQ(testing::thrown_by([&] { model_with(plain, vit); }).code, "MODEL_MISSING");
}

TEST(Config, activations_of_both_libraries_are_told_apart) {
  const auto act = [](const std::string& word) {
    return vit_of(model_of(with(hf_config(), "hidden_act", word))).activation;
  };
  EXPECT_EQ(act("gelu"), Activation::gelu_erf);
  EXPECT_EQ(act("gelu_new"), Activation::gelu_tanh);
  EXPECT_EQ(act("quick_gelu"), Activation::quick_gelu);
  EXPECT_EQ(act("relu"), Activation::relu);
  EXPECT_EQ(act("silu"), Activation::silu);
  EXPECT_EQ(vit_of(model_of(with_argument("act_layer", "quick_gelu"))).activation,
            Activation::quick_gelu);
}

}  // namespace
}  // namespace vitgen
