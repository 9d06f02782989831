// transformers' models for masked image modelling: the decoder, the mask, and files without them.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "generators/plan/lower.h"
#include "tests/models/plan_runner.h"
#include "tests/models/small_configs.h"
#include "tests/models/vit_of.h"

namespace vitgen {
namespace {

Json masked_config() {
  Json config = with(hf_config(), "encoder_stride", 8);
  config["architectures"] = Json::array({"ViTForMaskedImageModeling"});
  return config;
}

TEST(MaskedImage, decoder_gives_pixels_and_the_network_takes_a_mask) {
  const Model model = model_of(masked_config());
  const VitSpec spec = vit_of(model);
  EXPECT_EQ(spec.decoder_stride, 8);
  EXPECT_EQ(spec.classes, 0);
  EXPECT_FALSE(spec.pooler);
  const Plan plan = model.network.lower({});
  ASSERT_EQ(plan.inputs.size(), 2u);
  EXPECT_EQ(plan.inputs[1], (Port{"mask", DType::f32, {9}}));
  ASSERT_EQ(plan.outputs.size(), 1u);
  EXPECT_EQ(plan.outputs[0], (Port{"reconstruction", DType::f32, {24, 24, 3}}));
}

TEST(MaskedImage, pixels_of_another_stride_make_another_image) {
  const Model model = model_of(with(masked_config(), "encoder_stride", 4));
  EXPECT_EQ(model.network.lower({}).outputs[0].extents, (std::vector<int>{12, 12, 3}));
  EXPECT_EQ(vit_of(model_of(with(masked_config(), "encoder_stride", nullptr))).decoder_stride, 16);
  EXPECT_EQ(refusal_of(with(masked_config(), "encoder_stride", 0)).code, "CFG_RANGE");
}

TEST(MaskedImage, without_a_decoder_in_the_file_its_mask_token_is_ignored) {
  const Tensors tensors = tensors_with(masked_config(), [](Tensors& all) {
    std::erase_if(all, [](const auto& tensor) { return tensor.first.starts_with("decoder."); });
  });
  const Model model = model_with(random_source(tensors), masked_config(), {.strict = true});
  EXPECT_EQ(vit_of(model).decoder_stride, 0);
  EXPECT_EQ(model.network.lower({}).inputs.size(), 1u);
}

TEST(MaskedImage, schemes_without_a_decoder_refuse_one) {
  const testing::Thrown thrown = testing::thrown_by(
      [] { model_of(timm_config(), {.overrides = Fields::parse("decoder_stride=8")}); });
  EXPECT_EQ(thrown.code, "CFG_INCONSISTENT");
  EXPECT_NE(thrown.message.find("decoder_stride=8"), std::string::npos) << thrown.message;
}

TEST(MaskedImage, empty_mask_gives_the_tokens_of_the_plain_encoder) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(VITGEN_SOURCE_DIR) / "tests/fixtures/hf_vit_masked";
  const WeightSource weights = WeightSource::open(folder / "model.safetensors");
  const std::string config = folder / "config.json";
  const std::vector<float> image(3 * 24 * 24, 0.5f);
  const auto tokens = [&](const LoadOptions& options, float mask) {
    PlanOptions wanted;
    wanted.outputs = {"tokens"};
    const Plan plan = load_model(weights, config, options).network.lower(wanted);
    std::vector<std::vector<float>> inputs = {image};
    if (plan.inputs.size() > 1) inputs.emplace_back(9, mask);
    return run_plan(plan, weights, inputs).at("tokens");
  };
  const auto plain = tokens({.overrides = Fields::parse("decoder_stride=0")}, 0);
  EXPECT_EQ(tokens({}, 0), plain);
  EXPECT_NE(tokens({}, 1), plain);
}

}  // namespace
}  // namespace vitgen
