// The trained model of the examples: from its files to a plan.

#include <gtest/gtest.h>

#include "generators/models/support/model.h"
#include "generators/plan/lower.h"
#include "tests/models/vit_of.h"

namespace vitgen {
namespace {

const std::string folder = std::string(VITGEN_SOURCE_DIR) + "/examples/fashion/";

Model fashion() {
  return load_model(WeightSource::open(folder + "model.safetensors"), folder + "config.json");
}

TEST(Fashion, hyper_parameters_come_from_config_over_architecture) {
  const Model model = fashion();
  EXPECT_EQ(model.architecture, "vit_tiny_patch16_224");
  EXPECT_EQ(model.naming, "timm");
  EXPECT_EQ(vit_of(model).channels, 1);
  EXPECT_EQ(vit_of(model).image_h, 28);
  EXPECT_EQ(vit_of(model).tokens(), 50);
  EXPECT_EQ(vit_of(model).width, 64);
  EXPECT_EQ(vit_of(model).heads, 2);
  EXPECT_EQ(vit_of(model).mlp, 256);
  EXPECT_EQ(model.labels.size(), 10u);
  EXPECT_EQ(model.labels[9], "ankle boot");
  EXPECT_TRUE(model.notices.empty()) << model.notices[0];
}

TEST(Fashion, plan_has_a_step_for_every_layer_and_one_set_of_weights_for_all_batches) {
  const Model model = fashion();
  PlanOptions options;
  const Plan one = lower(vit_of(model), options);
  options.batch = 8;
  const Plan eight = lower(vit_of(model), options);
  EXPECT_EQ(one.steps.size(), 2u + 4 * 7 + 3);
  EXPECT_EQ(one.weights, eight.weights);
  EXPECT_EQ(one.arena_bytes, peak_bytes(one));
  EXPECT_EQ(eight.arena_bytes, peak_bytes(eight));
}

}  // namespace
}  // namespace vitgen
