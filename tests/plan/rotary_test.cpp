// Plans of networks whose q and k are turned by the patches' places.

#include "generators/ops/rotary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numbers>
#include <stdexcept>

#include "generators/base/error.h"
#include "generators/ops/attention.h"
#include "generators/plan/lower.h"
#include "generators/plan/passes/passes.h"
#include "tests/base/support.h"
#include "tests/plan/small_vit.h"

namespace vitgen {
namespace {

VitSpec turned(Rotary2d rotary) {
  VitSpec spec = small_vit(2);
  spec.rotary = rotary;
  spec.rotary_places = RotaryPlaces::counted;
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

TEST(RotaryPlan, step_stands_between_qkv_and_attention_and_leaves_the_prefix_out) {
  const Plan plan = lower(turned(Rotary2d::halves), {});
  const Step& rotary = step(plan, "blocks.1.attn.rotary");
  EXPECT_EQ(typed_spec<RotarySpec>(rotary.spec),
            (RotarySpec{.batch = 1, .tokens = 7, .prefix = 1, .heads = 3, .head_size = 8}));
  EXPECT_EQ(rotary.slots[0], step(plan, "blocks.1.attn.qkv").slots.back());
  EXPECT_EQ(step(plan, "blocks.1.attn").slots[0], rotary.slots.back());
  // All blocks share the tables.
  EXPECT_EQ(rotary.slots[1], step(plan, "blocks.0.attn.rotary").slots[1]);
  EXPECT_EQ(rotary.slots[2], step(plan, "blocks.0.attn.rotary").slots[2]);
}

TEST(RotaryPlan, places_are_those_of_the_image_on_the_scale_of_the_reference) {
  VitSpec spec = turned(Rotary2d::halves);
  const auto cos = [&](const PlanOptions& options) {
    return weight_text(lower(spec, options), "blocks.0.attn.rotary.cos");
  };
  EXPECT_EQ(cos({}), "rotary_cos(; 2, 3, 8, 100, 0, 0, 1, 0, 1)");
  spec.rotary_theta = 10000;
  spec.rotary_grid_h = 4;
  spec.rotary_grid_w = 6;
  spec.rotary_x_first = true;
  EXPECT_EQ(cos({}), "rotary_cos(; 2, 3, 8, 10000, 1, 0, 2, 0, 2)");
  PlanOptions larger;
  larger.image_h = larger.image_w = 32;
  EXPECT_EQ(cos(larger), "rotary_cos(; 8, 8, 8, 10000, 1, 0, 0.5, 0, 0.75)");
}

// Two rows: the first is a quarter of the image from its edge.
TEST(RotaryPlan, centred_places_go_from_minus_two_pi_to_two_pi) {
  VitSpec spec = turned(Rotary2d::halves);
  spec.rotary_places = RotaryPlaces::centred;
  const Plan plan = lower(spec, {});
  const auto cos = std::ranges::find(plan.weights, "blocks.0.attn.rotary.cos", &Weight::name);
  ASSERT_NE(cos, plan.weights.end());
  const std::vector<double>& n = cos->value.numbers;
  EXPECT_DOUBLE_EQ(n[5], -std::numbers::pi);
  EXPECT_DOUBLE_EQ(n[6], 2 * std::numbers::pi);
  EXPECT_DOUBLE_EQ(n[7], -std::numbers::pi * 4 / 3);
  EXPECT_DOUBLE_EQ(n[8], std::numbers::pi * 4 / 3);
}

TEST(RotaryPlan, adjacent_channels_of_q_and_k_are_brought_half_a_head_apart) {
  const Plan halves = lower(turned(Rotary2d::halves), without_passes());
  EXPECT_EQ(weight_text(halves, "blocks.0.attn.qkv.weight"), "pack(0.qkv.weight[72x24]; 16)");
  const Plan plan = lower(turned(Rotary2d::adjacent), without_passes());
  EXPECT_EQ(weight_text(plan, "blocks.0.attn.qkv.weight"),
            "pack(concat(reshape(permute(reshape(rows(0.qkv.weight[72x24]; 0, 48); 6, 4, 2, 24); "
            "0, 2, 1, 3); 48, 24), rows(0.qkv.weight[72x24]; 48, 24)); 16)");
  EXPECT_EQ(weight_text(plan, "blocks.0.attn.qkv.bias"),
            "pad(concat(reshape(permute(reshape(rows(0.qkv.bias[72]; 0, 48); 6, 4, 2, 1); "
            "0, 2, 1, 3); 48), rows(0.qkv.bias[72]; 48, 24)); 80)");
}

TEST(RotaryPlan, softmax_scale_passes_through_into_the_linear) {
  const Plan plan = lower(turned(Rotary2d::adjacent), {});
  EXPECT_EQ(typed_spec<AttentionSpec>(step(plan, "blocks.0.attn").spec).scale,
            std::numbers::ln2_v<float>);
  EXPECT_NE(weight_text(plan, "blocks.0.attn.qkv.weight").find("scale_rows"), std::string::npos);
}

TEST(RotaryPlan, without_absolute_positions_the_table_is_zeros_of_any_image) {
  VitSpec spec = turned(Rotary2d::halves);
  spec.positions = Positions::none;
  spec.position_prefix = 0;
  EXPECT_EQ(weight_text(lower(spec, {}), "pos_embed.patches"), "zeros(; 6, 24)");
  PlanOptions larger;
  larger.image_h = 16;
  const Plan plan = lower(spec, larger);
  EXPECT_EQ(weight_text(plan, "pos_embed.patches"), "zeros(; 12, 24)");
  EXPECT_EQ(weight_text(plan, "pos_embed.prefix"), "concat(reshape(cls[1x1x24]; 1, 24))");
}

TEST(RotaryPlan, biases_beside_a_fused_weight_are_joined_with_none_for_k) {
  VitSpec spec = small_vit(1);
  spec.k_bias = false;
  spec.names.q_bias = "{}.q_bias";
  spec.names.v_bias = "{}.v_bias";
  EXPECT_EQ(weight_text(lower(spec, without_passes()), "blocks.0.attn.qkv.bias"),
            "pad(concat(0.q_bias[24], zeros(; 24), 0.v_bias[24]); 80)");
  spec.q_bias = spec.v_bias = false;
  EXPECT_EQ(weight_text(lower(spec, without_passes()), "blocks.0.attn.qkv.bias"), "absent");
}

TEST(RotaryPlan, hyper_parameters_that_no_rotation_has_are_refused) {
  const auto code = [](auto change) {
    VitSpec spec = turned(Rotary2d::halves);
    change(spec);
    return testing::thrown_by([&] { check(spec); }).code;
  };
  EXPECT_EQ(code([](VitSpec&) {}), "");
  EXPECT_EQ(code([](VitSpec& s) { s.rotary_theta = 0; }), "CFG_RANGE");
  EXPECT_EQ(code([](VitSpec& s) { s.rotary_theta = std::numeric_limits<float>::infinity(); }),
            "CFG_RANGE");
  EXPECT_EQ(code([](VitSpec& s) { s.rotary_grid_w = -1; }), "CFG_RANGE");
  EXPECT_EQ(code([](VitSpec& s) { s.heads = 4, s.head_size = 6; }), "CFG_INCONSISTENT");
}

}  // namespace
}  // namespace vitgen
