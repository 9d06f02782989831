// Files without a config: what their tensors show.

#include <gtest/gtest.h>

#include "generators/models/support/scheme.h"
#include "tests/models/small_configs.h"
#include "tests/models/vit_of.h"

namespace vitgen {
namespace {

using testing::Thrown;

TEST(Infer, plain_timm_file_shows_all_but_heads_and_eps) {
  Json config = timm_config();
  config["model_args"]["embed_dim"] = 128;
  const Model wanted = model_of(config);
  const Model model = load_model(random_source(tensors_of(wanted)), std::nullopt);
  EXPECT_EQ(vit_of(model).heads, 2);
  EXPECT_EQ(vit_of(model).mlp, 512);
  EXPECT_EQ(vit_of(model).image_h, 24);
  EXPECT_EQ(vit_of(model).classes, 3);
  EXPECT_EQ(vit_of(model).pooling, Pooling::token);
  EXPECT_EQ(model.parameters, wanted.parameters);
  ASSERT_EQ(model.notices.size(), 1u);
  EXPECT_NE(model.notices[0].find("2 heads of 64"), std::string::npos) << model.notices[0];
}

TEST(Infer, every_optional_part_is_seen_in_the_tensors) {
  LoadOptions options;
  options.overrides = Fields::parse("heads=2");
  const auto inferred = [&](const std::string& key, const Json& value) {
    Json config = timm_config();
    config["model_args"][key] = value;
    return vit_of(load_model(random_source(tensors_with(config)), std::nullopt, options));
  };
  EXPECT_EQ(inferred("reg_tokens", 4).registers, 4);
  EXPECT_EQ(inferred("reg_tokens", 4).position_prefix, 5);
  EXPECT_EQ(inferred("no_embed_class", true).position_prefix, 0);
  EXPECT_TRUE(inferred("pre_norm", true).norm_pre);
  EXPECT_FALSE(inferred("pre_norm", true).patch_bias);
  EXPECT_TRUE(inferred("init_values", 1e-5).layer_scale);
  EXPECT_FALSE(inferred("qkv_bias", false).q_bias);
  EXPECT_EQ(inferred("global_pool", "avg").final_norm, FinalNorm::after_pool);
  EXPECT_EQ(inferred("num_classes", 0).classes, 0);
}

TEST(Infer, heads_must_be_given_when_the_width_is_no_multiple_of_64) {
  const WeightSource weights = random_source(tensors_with(timm_config()));
  const Thrown thrown = testing::thrown_by([&] { load_model(weights, std::nullopt); });
  EXPECT_EQ(thrown.code, "CFG_FIELD");
  EXPECT_NE(thrown.hint.find("--set heads"), std::string::npos) << thrown.hint;
}

TEST(Infer, distilled_and_authors_files_are_told_apart_by_their_tensors) {
  LoadOptions options;
  options.overrides = Fields::parse("heads=2");
  Json config = timm_config();
  config["architecture"] = "deit_tiny_distilled_patch16_224";
  const VitSpec distilled =
      vit_of(load_model(random_source(tensors_with(config)), std::nullopt, options));
  EXPECT_TRUE(distilled.two_heads);
  EXPECT_EQ(distilled.position_prefix, 2);

  Json scaled = timm_config();
  scaled["model_args"]["init_values"] = 1e-5;
  Tensors deit3 = tensors_with(scaled);
  for (auto& tensor : deit3) {
    const std::size_t at = tensor.first.find(".ls");  // blocks.0.ls1.gamma -> blocks.0.gamma_1
    if (at == std::string::npos) continue;
    const char number = tensor.first[at + 3];
    tensor.first.resize(at);
    tensor.first.append(".gamma_").append(1, number);
  }
  EXPECT_EQ(load_model(random_source(deit3), std::nullopt, options).naming, "deit3");

  Tensors dinov2 = tensors_with(scaled);
  dinov2.emplace_back("mask_token", Shape{1, 32});
  EXPECT_EQ(vit_of(load_model(random_source(dinov2), std::nullopt, options)).resample,
            tensors::Resample::torch_bicubic_offset);
  dinov2.emplace_back("register_tokens", Shape{1, 4, 32});
  const Model registers = load_model(random_source(dinov2), std::nullopt, options);
  EXPECT_EQ(registers.naming, "dinov2");
  EXPECT_EQ(vit_of(registers).registers, 4);
  EXPECT_EQ(vit_of(registers).position_prefix, 1);
  EXPECT_EQ(vit_of(registers).resample, tensors::Resample::torch_bicubic_aa);
}

TEST(Scheme, patterns_match_block_numbers_and_parts_only) {
  EXPECT_EQ(match_name("blocks.{}.norm1.*", "blocks.12.norm1.bias"), 12);
  EXPECT_EQ(match_name("head.*", "head.weight"), 0);
  EXPECT_EQ(match_name("blocks.{}.ls1.gamma", "blocks.3.ls1.gamma"), 3);
  for (const char* name : {"blocks..norm1.bias", "blocks.x.norm1.bias", "blocks.-1.norm1.bias",
                           "blocks.1.norm1.gain", "blocks.1.norm1", "blocks.99999999999.norm1.bias",
                           "xblocks.1.norm1.bias", "blocks.1.2.norm1.bias"}) {
    EXPECT_EQ(match_name("blocks.{}.norm1.*", name), std::nullopt) << name;
  }
  EXPECT_EQ(match_name("cls_token", "cls_tokens"), std::nullopt);
  EXPECT_EQ(match_name("block_{}/norm/<scale|bias>", "block_3/norm/scale"), 3);
  EXPECT_EQ(match_name("block_{}/norm/<scale|bias>", "block_3/norm/bias"), 3);
  EXPECT_EQ(match_name("block_{}/norm/<scale|bias>", "block_3/norm/weight"), std::nullopt);
}

}  // namespace
}  // namespace vitgen
