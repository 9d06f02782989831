// Outputs beside the head's: the tokens after chosen blocks.

#include <gtest/gtest.h>

#include <algorithm>

#include "generators/ops/layer_norm.h"
#include "generators/plan/lower.h"
#include "tests/base/support.h"
#include "tests/plan/small_vit.h"

namespace vitgen {
namespace {

Plan plan_with(const VitSpec& spec, std::vector<std::string> outputs) {
  PlanOptions options;
  options.outputs = std::move(outputs);
  return lower(spec, options);
}

const Step* step(const Plan& plan, std::string_view name) {
  const auto found = std::ranges::find(plan.steps, name, &Step::name);
  return found == plan.steps.end() ? nullptr : &*found;
}

testing::Thrown refusal(const VitSpec& spec, const std::string& output) {
  const testing::Thrown thrown = testing::thrown_by([&] { plan_with(spec, {output}); });
  EXPECT_EQ(thrown.exit, ExitCode::usage);
  return thrown;
}

TEST(Outputs, features_are_what_their_block_writes_and_the_next_one_reads) {
  const Plan plan = plan_with(small_vit(3), {"logits", "features_1"});
  const Slot features{SlotKind::output, 1};
  EXPECT_EQ(step(plan, "blocks.1.mlp.fc2")->slots.back(), features);
  EXPECT_EQ(step(plan, "blocks.2.norm1")->slots[0], features);
  EXPECT_EQ(plan.outputs[1].extents, (std::vector<int>{24, 7}));
}

TEST(Outputs, normed_features_have_the_last_norm_and_its_weights_once) {
  const Plan plan = plan_with(small_vit(3), {"normed_features_0", "normed_features_1", "tokens"});
  const Step* norm = step(plan, "normed_features_1");
  ASSERT_NE(norm, nullptr);
  EXPECT_EQ(norm->spec.op, LayerNormSpec::op);
  EXPECT_EQ(norm->slots[0], step(plan, "blocks.1.mlp.fc2")->slots.back());
  EXPECT_EQ(norm->slots[1], step(plan, "norm")->slots[1]);
  const auto gains = std::ranges::count_if(plan.weights, [](const Weight& weight) {
    return to_text(weight.value) == "norm.weight[24]";
  });
  EXPECT_EQ(gains, 1);
}

TEST(Outputs, blocks_that_no_output_needs_are_left_out) {
  const Plan plan = plan_with(small_vit(3), {"features_1"});
  EXPECT_EQ(plan.steps.back().name, "blocks.1.mlp.fc2");
  for (const Weight& weight : plan.weights) {
    EXPECT_EQ(to_text(weight.value).find("2.fc"), std::string::npos) << weight.name;
  }
}

TEST(Outputs, one_value_under_two_names_is_written_twice) {
  VitSpec spec = small_vit(2);
  spec.final_norm = FinalNorm::none;
  const Plan plan = plan_with(spec, {"tokens", "features_1", "logits"});
  EXPECT_EQ(step(plan, "blocks.1.mlp.fc2")->slots.back(), (Slot{SlotKind::output, 0}));
  const Step* copy = step(plan, "features_1");
  ASSERT_NE(copy, nullptr);
  EXPECT_EQ(copy->slots, (std::vector<Slot>{{SlotKind::output, 0}, {SlotKind::output, 1}}));
}

TEST(Outputs, numbers_of_blocks_are_read_strictly) {
  for (const char* name : {"features_", "features_01", "features_-1", "features_+1", "features_1 ",
                           "features_1x", "features", "normed_tokens", "features_99999999999",
                           "normed_normed_features_1", "Features_1"}) {
    EXPECT_EQ(refusal(small_vit(2), name).code, "OUTPUT_UNKNOWN") << name;
  }
}

TEST(Outputs, what_a_network_lacks_is_said) {
  const testing::Thrown past = refusal(small_vit(2), "features_2");
  EXPECT_EQ(past.code, "OUTPUT_ABSENT");
  EXPECT_EQ(past.hint, "the last is features_1");
  VitSpec spec = small_vit(2);
  spec.final_norm = FinalNorm::after_pool;
  EXPECT_EQ(refusal(spec, "normed_features_1").code, "OUTPUT_ABSENT");
  EXPECT_NO_THROW(plan_with(spec, {"features_1"}));
}

}  // namespace
}  // namespace vitgen
