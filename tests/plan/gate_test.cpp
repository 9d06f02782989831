// Plans of MLPs with a gate, and of norms between the linears of a branch.

#include "generators/ops/gate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "generators/base/error.h"
#include "generators/ops/layer_norm.h"
#include "generators/ops/linear.h"
#include "generators/plan/lower.h"
#include "generators/plan/passes/passes.h"
#include "tests/plan/small_vit.h"

namespace vitgen {
namespace {

VitSpec gated(GateWeights gate) {
  VitSpec spec = small_vit(1);
  spec.gate = gate;
  spec.activation = Activation::silu;
  spec.names.gate_up = "{}.w12.*";
  spec.names.gate = "{}.gate.*";
  spec.names.up = "{}.up.*";
  spec.names.down = "{}.w3.*";
  spec.names.attn_norm = "{}.attn_norm.*";
  spec.names.mlp_norm = "{}.mlp_norm.*";
  return spec;
}

PlanOptions without_passes() {
  PlanOptions options;
  for (const Pass& pass : all_passes()) options.disabled_passes.emplace_back(pass.name);
  return options;
}

const Step& step(const Plan& plan, const std::string& name) {
  const auto found = std::ranges::find(plan.steps, name, &Step::name);
  if (found == plan.steps.end()) throw std::runtime_error("no step " + name);
  return *found;
}

std::string weight_text(const Plan& plan, std::string_view name) {
  const auto found = std::ranges::find(plan.weights, name, &Weight::name);
  return found == plan.weights.end() ? "absent" : to_text(found->value);
}

TEST(GatePlan, gate_stands_between_a_linear_of_twice_the_channels_and_the_last_one) {
  const Plan plan = lower(gated(GateWeights::joined), without_passes());
  const Step& gate = step(plan, "blocks.0.mlp.gate");
  EXPECT_EQ(typed_spec<GateSpec>(gate.spec),
            (GateSpec{.rows = 7, .width = 40, .activation = Activation::silu}));
  const Step& first = step(plan, "blocks.0.mlp.fc1");
  EXPECT_EQ(gate.slots[0], first.slots.back());
  EXPECT_EQ(typed_spec<LinearSpec>(first.spec).n, 80);
  EXPECT_EQ(typed_spec<LinearSpec>(first.spec).epilogue.activation, Activation::none);
  const Step& last = step(plan, "blocks.0.mlp.fc2");
  EXPECT_EQ(last.slots[0], gate.slots.back());
  EXPECT_EQ(typed_spec<LinearSpec>(last.spec).k, 40);
  EXPECT_EQ(weight_text(plan, "blocks.0.mlp.fc1.weight"), "pack(0.w12.weight[80x24]; 16)");
  EXPECT_EQ(weight_text(plan, "blocks.0.mlp.fc2.weight"), "pack(0.w3.weight[24x40]; 32)");
}

TEST(GatePlan, tensors_of_their_own_are_joined_with_the_gate_first) {
  VitSpec spec = gated(GateWeights::split);
  const Plan plan = lower(spec, without_passes());
  EXPECT_EQ(weight_text(plan, "blocks.0.mlp.fc1.weight"),
            "pack(concat(0.gate.weight[40x24], 0.up.weight[40x24]); 16)");
  EXPECT_EQ(weight_text(plan, "blocks.0.mlp.fc1.bias"),
            "pad(concat(0.gate.bias[40], 0.up.bias[40]); 80)");
  spec.mlp_bias = false;
  const Plan bare = lower(spec, without_passes());
  EXPECT_FALSE(typed_spec<LinearSpec>(step(bare, "blocks.0.mlp.fc1").spec).epilogue.bias);
  EXPECT_FALSE(typed_spec<LinearSpec>(step(bare, "blocks.0.mlp.fc2").spec).epilogue.bias);
}

TEST(GatePlan, inner_norms_stand_before_the_last_linear_of_their_branch_and_become_part_of_it) {
  VitSpec spec = gated(GateWeights::joined);
  spec.attn_norm = spec.mlp_norm = true;
  const Plan plain = lower(spec, without_passes());
  const Step& mlp = step(plain, "blocks.0.mlp.norm");
  EXPECT_EQ(typed_spec<LayerNormSpec>(mlp.spec).width, 40);
  EXPECT_EQ(mlp.slots[0], step(plain, "blocks.0.mlp.gate").slots.back());
  EXPECT_EQ(step(plain, "blocks.0.mlp.fc2").slots[0], mlp.slots.back());
  const Step& attention = step(plain, "blocks.0.attn.norm");
  EXPECT_EQ(typed_spec<LayerNormSpec>(attention.spec).width, 24);
  EXPECT_EQ(attention.slots[0], step(plain, "blocks.0.attn").slots.back());
  EXPECT_EQ(step(plain, "blocks.0.attn.proj").slots[0], attention.slots.back());
  const Plan folded = lower(spec, {});
  for (const char* name : {"blocks.0.mlp.norm", "blocks.0.attn.norm"}) {
    EXPECT_FALSE(typed_spec<LayerNormSpec>(step(folded, name).spec).affine) << name;
  }
}

TEST(GatePlan, batch_and_budget_count_both_halves) {
  VitSpec spec = gated(GateWeights::none);
  spec.mlp = 60000;
  PlanOptions options;
  options.batch = 4000;
  EXPECT_NO_THROW(lower(spec, options));
  spec.gate = GateWeights::joined;
  try {
    lower(spec, options);
    ADD_FAILURE() << "two halves of 1.7e9 elements";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "BATCH_RANGE");
  }
}

}  // namespace
}  // namespace vitgen
