// What 16-bit precision makes of a plan.

#include "generators/plan/precision.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "generators/ops/linear.h"
#include "generators/ops/support/ops_table.h"
#include "generators/ops/widen.h"
#include "generators/plan/lower.h"
#include "tests/base/support.h"
#include "tests/plan/small_vit.h"

namespace vitgen {
namespace {

constexpr DType kNarrow[] = {DType::f16, DType::bf16};

Plan plan_of(DType precision, std::vector<std::string> outputs = {}) {
  PlanOptions options;
  options.precision = precision;
  options.outputs = std::move(outputs);
  // Which have tests of their own.
  options.disabled_passes = {"patches_into_linear", "norm_into_epilogue"};
  return lower(small_vit(2), options);
}

const Step& step_called(const Plan& plan, std::string_view name) {
  const auto found = std::ranges::find(plan.steps, name, &Step::name);
  if (found == plan.steps.end()) throw std::runtime_error("no step " + std::string(name));
  return *found;
}

TEST(Precision, ports_stay_f32_and_everything_between_steps_is_narrow) {
  for (const DType storage : kNarrow) {
    const Plan plan = plan_of(storage);
    EXPECT_EQ(plan.inputs.front().dtype, DType::f32);
    EXPECT_EQ(plan.outputs.front().dtype, DType::f32);
    for (const Step& step : plan.steps) {
      const bool leaves = step.slots.back().kind == SlotKind::output;
      EXPECT_EQ(operands(step.spec).back().dtype, leaves ? DType::f32 : storage) << step.name;
    }
  }
}

TEST(Precision, matrices_are_narrow_without_panels_and_vectors_stay_f32) {
  const Plan plan = plan_of(DType::bf16);
  int matrices = 0;
  for (const Step& step : plan.steps) {
    const std::vector<Operand> list = operands(step.spec);
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (list[i].role != Role::weight) continue;
      const Weight& weight = plan.weights[static_cast<std::size_t>(step.slots[i].index)];
      EXPECT_EQ(weight.dtype, list[i].name == "weight" ? DType::bf16 : DType::f32) << weight.name;
      EXPECT_NE(weight.value.function, "pack") << weight.name;
      matrices += list[i].name == "weight" ? 1 : 0;
    }
  }
  EXPECT_EQ(matrices, 1 + 2 * 4 + 1);  // of patches, of two blocks, of the head
}

std::int64_t buffer_bytes(const Plan& plan) {
  std::int64_t bytes = 0;
  for (const Buffer& buffer : plan.buffers) bytes += buffer.bytes;
  return bytes;
}

TEST(Precision, a_narrow_plan_has_the_steps_of_the_wide_one_and_buffers_of_half_the_size) {
  const Plan wide = plan_of(DType::f32);
  for (const DType storage : kNarrow) {
    const Plan narrow = plan_of(storage);
    ASSERT_EQ(narrow.steps.size(), wide.steps.size());
    for (std::size_t s = 0; s < wide.steps.size(); ++s) {
      EXPECT_EQ(narrow.steps[s].name, wide.steps[s].name);
      EXPECT_EQ(narrow.steps[s].spec.op, wide.steps[s].spec.op);
    }
    EXPECT_EQ(2 * buffer_bytes(narrow), buffer_bytes(wide));
  }
}

TEST(Precision, logits_are_the_f32_sums_of_the_head) {
  const Plan plan = plan_of(DType::f16);
  EXPECT_TRUE(typed_spec<LinearSpec>(step_called(plan, "head").spec).f32_output);
  EXPECT_FALSE(typed_spec<LinearSpec>(step_called(plan, "blocks.0.attn.qkv").spec).f32_output);
}

TEST(Precision, an_output_that_steps_read_too_is_widened_by_a_step_of_its_own) {
  const Plan plan = plan_of(DType::f16, {"features_0", "pooled", "logits"});
  int widened = 0;
  for (const Step& step : plan.steps) {
    if (step.spec.op != WidenSpec::op) continue;
    ++widened;
    EXPECT_EQ(step.slots.back().kind, SlotKind::output) << step.name;
  }
  EXPECT_EQ(widened, 2);
  EXPECT_EQ(step_called(plan, "blocks.0.mlp.fc2.f32").slots.back(), (Slot{SlotKind::output, 0}));
}

TEST(Precision, a_value_of_another_type_than_its_reader_wants_is_refused) {
  Plan plan = plan_of(DType::f16);
  for (Step& step : plan.steps) {
    if (step.name == "blocks.0.attn") step.spec = with_storage(step.spec, DType::bf16);
  }
  EXPECT_EQ(testing::code_of([&] { check(plan); }), "PLAN_INVALID");
}

}  // namespace
}  // namespace vitgen
