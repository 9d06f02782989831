// The arena and check() on small plans made by hand.

#include "generators/plan/plan.h"

#include <gtest/gtest.h>

#include <functional>

#include "generators/ops/layer_norm.h"
#include "generators/plan/plan_builder.h"
#include "generators/plan/tensor_functions.h"
#include "tests/base/support.h"

namespace vitgen {
namespace {

/// image -> norm0 -> norm1 -> output, all {4, 2}.
Plan two_norms() {
  Plan plan;
  plan.inputs = {{"image", DType::f32, {4, 2}}};
  Slot x{SlotKind::input, 0};
  for (const std::string name : {"norm0", "norm1"}) {
    const Slot gain = add_weight(plan, name + ".weight", tensors::leaf(name + ".weight", {4}));
    const Slot bias = add_weight(plan, name + ".bias", tensors::leaf(name + ".bias", {4}));
    x = add_step(plan, name, op_spec(LayerNormSpec{.rows = 2, .width = 4}), {x, gain, bias});
  }
  bind_output(plan, x, {"y", DType::f32, {4, 2}});
  drop_unused(plan);
  assign_arena(plan);
  return plan;
}

TEST(Plan, a_good_plan_passes) { EXPECT_NO_THROW(check(two_norms())); }

TEST(Plan, text_form_has_a_line_for_each_step_and_weight) {
  const std::string text = to_text(two_norms());
  EXPECT_NE(text.find("step norm0: layer_norm(rows=2,width=4,eps=1e-06,affine=1) input=<image> "
                      "gain=norm0.weight bias=norm0.bias output=#0@0\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("output=<y>\n"), std::string::npos) << text;
  EXPECT_NE(text.find("weight norm1.bias [4] = norm1.bias[4]\n"), std::string::npos) << text;
}

TEST(Plan, weights_of_equal_value_are_shared) {
  Plan plan = two_norms();
  ASSERT_EQ(plan.weights.size(), 4);
  plan.weights[2].value = plan.weights[0].value;  // the gains; the biases stay different
  share_weights(plan);
  EXPECT_EQ(plan.weights.size(), 3);
  EXPECT_EQ(plan.steps[0].slots[1], plan.steps[1].slots[1]);
  EXPECT_NE(plan.steps[0].slots[2], plan.steps[1].slots[2]);
  EXPECT_NO_THROW(check(plan));
}

TEST(Plan, every_kind_of_wrong_plan_is_refused) {
  const std::function<void(Plan&)> wrongs[] = {
      [](Plan& p) { p.steps[1].slots[0] = {SlotKind::arena, 7}; },
      [](Plan& p) { p.steps[1].slots[0] = {SlotKind::weight, -1}; },
      [](Plan& p) { p.steps[0].slots[0] = {SlotKind::arena, 0}; },
      [](Plan& p) { p.steps[0].slots[0] = {SlotKind::output, 0}; },
      [](Plan& p) { p.steps[1].slots[0] = {SlotKind::output, 0}; },
      [](Plan& p) { p.steps[0].slots[3] = {SlotKind::input, 0}; },
      [](Plan& p) { p.steps[0].slots[3] = {SlotKind::weight, 0}; },
      [](Plan& p) { p.steps[0].slots[1] = {SlotKind::input, 0}; },
      [](Plan& p) { p.steps[0].slots.pop_back(); },
      [](Plan& p) { p.buffers[0].bytes += 4; },
      [](Plan& p) { p.outputs[0].extents = {8, 2}; },
      [](Plan& p) { p.outputs.push_back({"z", DType::f32, {4, 2}}); },
      [](Plan& p) { p.batch = 2; },
      [](Plan& p) { p.steps[1].name = "norm0"; },
      [](Plan& p) { p.weights[1].name = "norm0.weight"; },
      [](Plan& p) { p.weights[0].extents = {2, 2}; },
      [](Plan& p) { p.weights[0].value = tensors::leaf("norm0.weight", {5}); },
      [](Plan& p) { p.buffers[0].offset = 64; },
      [](Plan& p) { p.arena_bytes = 0; },
  };
  for (std::size_t i = 0; i < std::size(wrongs); ++i) {
    Plan plan = two_norms();
    wrongs[i](plan);
    const testing::Thrown thrown = testing::thrown_by([&] { check(plan); });
    EXPECT_EQ(thrown.code, "PLAN_INVALID") << "wrong plan " << i;
  }
}

/// Buffers of these sizes, each alive from step `first` to step `last`.
struct Life {
  std::int64_t bytes;
  int first, last;
};

Plan plan_of(const std::vector<Life>& lives) {
  Plan plan;
  for (const Life& life : lives) {
    plan.buffers.push_back({.bytes = life.bytes});
    const int index = static_cast<int>(plan.buffers.size()) - 1;
    for (int s = 0; s <= life.last; ++s) {
      if (static_cast<int>(plan.steps.size()) <= s) plan.steps.emplace_back();
    }
    for (const int s : {life.first, life.last}) {
      plan.steps[static_cast<std::size_t>(s)].slots.push_back({SlotKind::arena, index});
    }
  }
  assign_arena(plan);
  return plan;
}

TEST(Arena, buffers_that_never_meet_share_memory) {
  const Plan plan = plan_of({{1000, 0, 1}, {1000, 2, 3}, {500, 4, 5}});
  EXPECT_EQ(plan.arena_bytes, 1024);
}

TEST(Arena, buffers_alive_together_never_overlap_and_are_aligned) {
  std::vector<Life> lives;
  std::uint32_t seed = 7;
  const auto next = [&](std::uint32_t limit) {
    seed = seed * 1664525u + 1013904223u;
    return static_cast<int>((seed >> 16) % limit);
  };
  for (int i = 0; i < 200; ++i) {
    const int first = next(50);
    lives.push_back({1 + next(5000), first, first + next(6)});
  }
  const Plan plan = plan_of(lives);
  for (const Buffer& a : plan.buffers) {
    EXPECT_EQ(a.offset % 128, 0);
    for (const Buffer& b : plan.buffers) {
      if (&a == &b || a.last_step < b.first_step || b.last_step < a.first_step) continue;
      EXPECT_TRUE(a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset);
    }
  }
  EXPECT_GE(plan.arena_bytes, peak_bytes(plan));
  EXPECT_EQ(plan_of(lives), plan);
}

}  // namespace
}  // namespace vitgen
