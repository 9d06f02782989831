// BEiT: what configs of transformers and timm mean, what tensors show without a config, and what is
// refused.

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/models/small_configs.h"
#include "tests/models/vit_of.h"

namespace vitgen {
namespace {

using testing::Thrown;

Json hf_beit() {
  Json config = Json::parse(R"({
    "architectures": ["BeitForImageClassification"], "model_type": "beit", "hidden_size": 32,
    "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64, "image_size": 24,
    "patch_size": 8, "use_relative_position_bias": true, "vocab_size": 8192})");
  config["id2label"] = hf_config()["id2label"];
  return config;
}

Json timm_beit(const std::string& key = {}, const Json& value = {}) {
  Json config = with(timm_config(), "architecture", "beit_base_patch16_224");
  config["global_pool"] = "avg";
  if (!key.empty()) config["model_args"][key] = value;
  return config;
}

TEST(Beit, parameter_counts_are_the_published_ones) {
  const LoadOptions options{.overrides = Fields::parse("classes=1000")};
  EXPECT_EQ(load_architecture("beit_base_patch16_224", options).parameters, 86'530'984);
  EXPECT_EQ(load_architecture("beit_large_patch16_224", options).parameters, 304'430'568);
}

TEST(Beit, config_of_transformers_says_positions_biases_and_pooling) {
  const Model model = model_of(hf_beit());
  const VitSpec spec = vit_of(model);
  EXPECT_EQ(to_word(spec.relative), "bias");
  EXPECT_EQ(spec.relative_resample, tensors::Resample::torch_bilinear);
  EXPECT_EQ(spec.positions, Positions::none);
  EXPECT_EQ(spec.position_prefix, 0);
  EXPECT_TRUE(spec.q_bias && spec.v_bias && !spec.k_bias);
  EXPECT_TRUE(spec.layer_scale);
  EXPECT_EQ(spec.eps, 1e-12f);
  EXPECT_EQ(spec.pooling, Pooling::mean);
  EXPECT_EQ(spec.final_norm, FinalNorm::after_pool);
  EXPECT_FALSE(spec.pooler);
  EXPECT_EQ(model.preprocess->mean[0], 0.5f);
  EXPECT_EQ(model.preprocess->filter, ResizeFilter::bicubic);
  EXPECT_EQ(model.notices.size(), 1u);  // no preprocessor_config.json; every key is known
}

TEST(Beit, keys_of_transformers_change_what_they_say) {
  const auto spec_with = [](const std::string& key, const Json& value) {
    return vit_of(model_of(with(hf_beit(), key, value)));
  };
  EXPECT_FALSE(spec_with("use_relative_position_bias", false).relative.any());
  EXPECT_FALSE(spec_with("layer_scale_init_value", 0).layer_scale);
  EXPECT_EQ(spec_with("use_absolute_position_embeddings", true).position_prefix, 1);
  EXPECT_EQ(spec_with("use_absolute_position_embeddings", true).positions, Positions::learned);
  EXPECT_EQ(spec_with("use_mean_pooling", false).pooling, Pooling::token);
  EXPECT_EQ(spec_with("use_mean_pooling", false).final_norm, FinalNorm::before_pool);
  Json shared = with(hf_beit(), "use_shared_relative_position_bias", true);
  EXPECT_EQ(refusal_of(shared).code, "CFG_UNSUPPORTED");  // in the blocks, too
  shared["use_relative_position_bias"] = false;
  EXPECT_EQ(to_word(vit_of(model_of(shared)).relative), "shared-bias");
}

TEST(Beit, heads_that_are_no_classifier_are_refused_and_the_encoder_is_not) {
  for (const char* head : {"BeitForMaskedImageModeling", "BeitForSemanticSegmentation"}) {
    const Thrown thrown = refusal_of(with(hf_beit(), "architectures", Json::array({head})));
    EXPECT_EQ(thrown.code, "CFG_UNSUPPORTED");
    EXPECT_NE(thrown.message.find(head), std::string::npos) << thrown.message;
    EXPECT_NE(thrown.hint.find("BeitModel"), std::string::npos) << thrown.hint;
  }
  Tensors tensors = tensors_with(hf_beit(), [](Tensors& all) {
    std::erase_if(all, [](const auto& tensor) {
      return tensor.first.starts_with("classifier") ||
             tensor.first.find("pooler") != std::string::npos;
    });
    all.emplace_back("lm_head.weight", Shape{8192, 32});
  });
  const Json config = with(hf_beit(), "architectures", Json::array({"BeitModel"}));
  const VitSpec encoder = vit_of(model_with(random_source(tensors), config));
  EXPECT_EQ(encoder.classes, 0);
  EXPECT_EQ(encoder.final_norm, FinalNorm::none);
}

TEST(Beit, positions_that_transformers_mixes_up_are_refused) {
  const Thrown thrown = refusal_of(with(hf_beit(), "image_size", Json::array({24, 32})));
  EXPECT_EQ(thrown.code, "CFG_UNSUPPORTED");
  EXPECT_NE(thrown.message.find("3x4 patches"), std::string::npos) << thrown.message;
  Json without = with(hf_beit(), "image_size", Json::array({24, 32}));
  without["use_relative_position_bias"] = false;
  EXPECT_EQ(vit_of(model_of(without)).patches(), 12);
}

TEST(Beit, config_of_timm_says_positions_biases_and_pooling) {
  const Model model = model_of(timm_beit());
  const VitSpec spec = vit_of(model);
  EXPECT_EQ(to_word(spec.relative), "bias");
  EXPECT_EQ(spec.relative_resample, tensors::Resample::geometric);
  EXPECT_EQ(spec.positions, Positions::none);
  EXPECT_EQ(spec.eps, 1e-6f);
  EXPECT_EQ(spec.final_norm, FinalNorm::after_pool);
  EXPECT_TRUE(spec.layer_scale);
  EXPECT_EQ(spec.names.q_bias, "blocks.{}.attn.q_bias");
  EXPECT_TRUE(model.notices.empty());
  EXPECT_FALSE(vit_of(model_of(timm_beit("init_values", 0))).layer_scale);
  EXPECT_EQ(vit_of(model_of(timm_beit("use_abs_pos_emb", true))).position_prefix, 1);
  EXPECT_EQ(vit_of(model_of(timm_beit("use_fc_norm", false))).final_norm, FinalNorm::before_pool);
  EXPECT_FALSE(vit_of(model_of(timm_beit("qkv_bias", false))).q_bias);
}

TEST(Beit, arguments_of_timm_that_need_another_block_are_refused) {
  EXPECT_EQ(refusal_of(timm_beit("use_shared_rel_pos_bias", true)).code, "CFG_UNSUPPORTED");
  EXPECT_EQ(refusal_of(timm_beit("swiglu_mlp", true)).code, "CFG_UNSUPPORTED");
  EXPECT_EQ(refusal_of(timm_beit("scale_mlp", true)).code, "CFG_UNSUPPORTED");
  Json shared = timm_beit("use_shared_rel_pos_bias", true);
  shared["model_args"]["use_rel_pos_bias"] = false;
  EXPECT_EQ(to_word(vit_of(model_of(shared)).relative), "shared-bias");
}

TEST(Beit, file_without_a_config_shows_heads_and_grid_by_its_table) {
  for (const bool shared : {false, true}) {
    Json config = timm_beit("use_rel_pos_bias", !shared);
    config["model_args"]["use_shared_rel_pos_bias"] = shared;
    config["model_args"]["num_heads"] = 4;
    const WeightSource weights = random_source(tensors_with(config));
    const Model model = load_model(weights, std::nullopt, {.strict = true});
    const VitSpec spec = vit_of(model);
    EXPECT_EQ(to_word(spec.relative), shared ? "shared-bias" : "bias");
    EXPECT_EQ(spec.heads, 4);
    EXPECT_EQ(spec.head_size, 8);
    EXPECT_EQ(spec.image_h, 24);
    EXPECT_EQ(spec.grid_w, 3);
    EXPECT_EQ(spec.positions, Positions::none);
    EXPECT_EQ(spec.final_norm, FinalNorm::after_pool);
    EXPECT_TRUE(spec.layer_scale && spec.q_bias && spec.v_bias && !spec.k_bias);
    ASSERT_EQ(model.notices.size(), 1u);
    EXPECT_EQ(model.notices[0].find("heads of"), std::string::npos) << model.notices[0];
  }
}

TEST(Beit, absolute_positions_are_seen_beside_the_table) {
  const WeightSource weights = random_source(tensors_with(timm_beit("use_abs_pos_emb", true)));
  const VitSpec spec = vit_of(load_model(weights, std::nullopt, {.strict = true}));
  EXPECT_EQ(spec.positions, Positions::learned);
  EXPECT_EQ(spec.position_prefix, 1);
  EXPECT_EQ(spec.grid_h, 3);
  EXPECT_TRUE(spec.relative.exact());
}

TEST(Beit, table_whose_rows_are_not_those_of_a_square_is_refused) {
  for (const std::int64_t rows : {27, 28, 29, 19}) {  // 25 and 3 is right; 16 is no odd number's
    const Tensors tensors = tensors_with(timm_beit(), [&](Tensors& all) {
      for (auto& [name, shape] : all) {
        if (name.ends_with("_bias_table")) shape[0] = rows;
      }
    });
    const Thrown thrown =
        testing::thrown_by([&] { load_model(random_source(tensors), std::nullopt); });
    EXPECT_EQ(thrown.code, rows == 28 ? "" : "CFG_FIELD") << rows << thrown.message;
  }
}

TEST(Beit, tables_and_biases_that_the_config_does_not_have_contradict_it) {
  const WeightSource weights = random_source(tensors_with(timm_beit()));
  const auto contradiction = [&](const std::string& key, const Json& value) {
    return testing::thrown_by([&] { model_with(weights, timm_beit(key, value)); });
  };
  const Thrown table = contradiction("use_rel_pos_bias", false);
  EXPECT_EQ(table.code, "CFG_TENSORS");
  EXPECT_NE(table.message.find("relative=none"), std::string::npos) << table.message;
  const Thrown bias = contradiction("qkv_bias", false);
  EXPECT_EQ(bias.code, "CFG_TENSORS");
  EXPECT_NE(bias.message.find("q_bias=0"), std::string::npos) << bias.message;
}

TEST(Beit, table_of_another_size_is_named) {
  const WeightSource weights = random_source(tensors_with(timm_beit()));
  const Json config = timm_beit("img_size", 32);
  const Thrown thrown = testing::thrown_by([&] { model_with(weights, config); });
  EXPECT_EQ(thrown.code, "MODEL_SHAPE");
  EXPECT_NE(thrown.message.find("expected 52x2, got 28x2"), std::string::npos) << thrown.message;
}

}  // namespace
}  // namespace vitgen
