// PatchMixer: what its config and its tensors say, and what is refused. Its numbers are compared
// with PyTorch's in fixtures_test.cpp.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "generators/plan/patch_mixer.h"
#include "tests/models/small_configs.h"

namespace vitgen {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Json config() {
  return Json::parse(R"({"model": "PatchMixer", "seq_len": 27, "pred_len": 5, "enc_in": 3,
    "patch_len": 6, "stride": 3, "d_model": 16, "e_layers": 1, "mixer_kernel_size": 4})");
}

PatchMixerSpec spec_of(const Model& model) { return model.network.as<PatchMixerSpec>(); }

std::vector<std::string> steps_of(const Plan& plan) {
  std::vector<std::string> names;
  for (const Step& step : plan.steps) names.push_back(step.name);
  return names;
}

testing::Thrown plan_refusal(const PlanOptions& options) {
  return testing::thrown_by([&] { model_of(config()).network.lower(options); });
}

TEST(PatchMixer, config_is_in_the_words_of_the_training_script) {
  const PatchMixerSpec spec = spec_of(model_of(config()));
  EXPECT_EQ(spec.length, 27);
  EXPECT_EQ(spec.horizon, 5);
  EXPECT_EQ(spec.variables, 3);
  EXPECT_EQ(spec.patches(), 9);
  EXPECT_EQ(spec.taps, 4);
}

TEST(PatchMixer, absent_keys_are_those_of_the_published_experiments) {
  const Json small =
      Json::parse(R"({"model": "PatchMixer", "seq_len": 336, "pred_len": 96, "enc_in": 7})");
  const PatchMixerSpec spec = spec_of(model_of(small));
  EXPECT_EQ(spec.patch, 16);
  EXPECT_EQ(spec.stride, 8);
  EXPECT_EQ(spec.width, 256);
  EXPECT_EQ(spec.patches(), 42);
}

TEST(PatchMixer, has_the_published_number_of_parameters) {
  const Model model = load_architecture("PatchMixer");
  // 3,122,110 of the published code, which counts neither running mean nor variance: two of 42
  // values for each of the two normalisations.
  EXPECT_EQ(model.parameters, 3122110 + 4 * 42);
}

TEST(PatchMixer, steps_are_those_of_the_formula) {
  const Plan plan = model_of(config()).network.lower({});
  EXPECT_THAT(steps_of(plan),
              ElementsAre("patches", "patch_embed", "blocks.0.depthwise", "blocks.0.pointwise",
                          "head0", "head1.fc1", "head1.fc2", "forecast"));
  EXPECT_EQ(plan.inputs.at(0).name, "series");
  EXPECT_THAT(plan.inputs.at(0).extents, ElementsAre(3, 27));
  ASSERT_EQ(plan.outputs.size(), 1u);
  EXPECT_THAT(plan.outputs[0].extents, ElementsAre(3, 5));
}

TEST(PatchMixer, tensors_show_all_but_the_stride_which_is_half_a_patch) {
  const Model wanted = model_of(config());
  const Model model = load_model(random_source(tensors_of(wanted)), std::nullopt);
  EXPECT_EQ(spec_of(model), spec_of(wanted));
  ASSERT_EQ(model.notices.size(), 1u);
  EXPECT_THAT(model.notices[0], HasSubstr("a stride of half a patch, 3"));
}

TEST(PatchMixer, missing_and_contradicting_settings_are_refused) {
  Json missing = config();
  missing.erase("seq_len");
  EXPECT_EQ(refusal_of(missing).code, "CFG_FIELD");
  EXPECT_EQ(refusal_of(with(config(), "patch_len", 28)).code, "CFG_INCONSISTENT");
  EXPECT_EQ(refusal_of(with(config(), "d_model", 100000)).code, "CFG_BUDGET");
  EXPECT_EQ(refusal_of(with(config(), "stride", 0)).code, "CFG_RANGE");
  EXPECT_EQ(refusal_of(with(config(), "revin", false)).code, "CFG_UNSUPPORTED");
}

TEST(PatchMixer, a_missing_tensor_and_a_wrong_shape_are_named) {
  Tensors misshapen = tensors_with(config());
  for (auto& [name, shape] : misshapen) {
    if (name == "W_P.weight") shape = {16, 7};
  }
  EXPECT_EQ(testing::thrown_by([&] { model_with(random_source(misshapen), config()); }).message,
            "W_P.weight: expected 16x6, got 16x7");
  Tensors lacking = tensors_with(config());
  std::erase_if(lacking, [](const auto& tensor) { return tensor.first == "head0.1.bias"; });
  const testing::Thrown missing =
      testing::thrown_by([&] { model_with(random_source(lacking), config()); });
  EXPECT_EQ(missing.code, "MODEL_MISSING");
  EXPECT_THAT(missing.message, HasSubstr("head0.1.bias"));
}

TEST(PatchMixer, what_only_images_have_is_refused) {
  PlanOptions sized;
  sized.image_h = sized.image_w = 224;
  EXPECT_EQ(plan_refusal(sized).code, "IMAGE_SIZE_NONE");
  PlanOptions pixels;
  pixels.input = DType::u8;
  EXPECT_EQ(plan_refusal(pixels).code, "INPUT_TYPE");
  PlanOptions logits;
  logits.outputs = {"logits"};
  EXPECT_EQ(plan_refusal(logits).code, "OUTPUT_UNKNOWN");
  PlanOptions huge;
  huge.batch = 1 << 30;
  EXPECT_EQ(plan_refusal(huge).code, "BATCH_RANGE");
}

}  // namespace
}  // namespace vitgen
