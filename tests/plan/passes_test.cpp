// What each pass makes of a plan. That outputs stay the same is tested with whole models, which are
// compared with PyTorch with all passes on.

#include "generators/plan/passes/passes.h"

#include <gtest/gtest.h>

#include <numbers>

#include "generators/ops/attention.h"
#include "generators/ops/image_windows.h"
#include "generators/ops/layer_norm.h"
#include "generators/ops/linear.h"
#include "generators/ops/patch_embed.h"
#include "generators/plan/plan_builder.h"
#include "generators/plan/tensor_functions.h"

namespace vitgen {
namespace {

namespace t = tensors;

constexpr int kWidth = 16;

LinearWeights weights(const std::string& name, std::int64_t n, bool bias) {
  LinearWeights weights{t::leaf(name + ".w", {n, kWidth}), {}};
  if (bias) weights.bias.push_back(t::leaf(name + ".b", {n}));
  return weights;
}

/// LayerNorm -> linear to [q k v] -> attention.
Plan norm_and_attention(bool bias) {
  Plan plan;
  plan.inputs = {{"image", DType::f32, {kWidth, 4}}};
  const Slot gain = add_weight(plan, "norm.weight", t::leaf("g", {kWidth}));
  const Slot beta = add_weight(plan, "norm.bias", t::leaf("b", {kWidth}));
  const Slot normed = add_step(plan, "norm", op_spec(LayerNormSpec{.rows = 4, .width = kWidth}),
                               {{SlotKind::input, 0}, gain, beta});
  const Slot qkv =
      add_linear(plan, {.name = "qkv", .rows = 4}, weights("qkv", 3 * kWidth, bias), normed);
  add_step(
      plan, "attn",
      op_spec(AttentionSpec{.batch = 1, .tokens = 4, .heads = 2, .head_size = 8, .scale = 0.25f}),
      {qkv});
  return plan;
}

/// Runs one pass alone.
void run(Plan& plan, std::string_view name) {
  std::vector<std::string> others;
  for (const Pass& pass : all_passes()) {
    if (pass.name != name) others.emplace_back(pass.name);
  }
  for (const PassTime time : {PassTime::in_f32, PassTime::in_precision}) {
    run_passes(plan, time, others);
  }
  drop_unused(plan);
}

std::string weight_text(const Plan& plan, std::string_view name) {
  for (const Weight& weight : plan.weights) {
    if (weight.name == name) return to_text(weight.value);
  }
  return "absent";
}

TEST(NormIntoLinear, MovesGainAndBiasIntoTheWeightsOfTheLinear) {
  Plan plan = norm_and_attention(true);
  run(plan, "norm_into_linear");
  EXPECT_FALSE(typed_spec<LayerNormSpec>(plan.steps[0].spec).affine);
  EXPECT_EQ(weight_text(plan, "norm.weight"), "absent");
  EXPECT_EQ(weight_text(plan, "qkv.weight"), "pack(mul_columns(qkv.w[48x16], g[16]); 48)");
  EXPECT_EQ(weight_text(plan, "qkv.bias"), "pad(add(qkv.b[48], matvec(qkv.w[48x16], b[16])); 48)");
  assign_arena(plan);
  EXPECT_NO_THROW(check(plan));
}

TEST(NormIntoLinear, GivesALinearWithoutBiasOne) {
  Plan plan = norm_and_attention(false);
  run(plan, "norm_into_linear");
  EXPECT_TRUE(typed_spec<LinearSpec>(plan.steps[1].spec).epilogue.bias);
  EXPECT_EQ(weight_text(plan, "qkv.bias"), "pad(matvec(qkv.w[48x16], b[16]); 48)");
  assign_arena(plan);
  EXPECT_NO_THROW(check(plan));
}

TEST(NormIntoLinear, LeavesANormAloneThatAnythingElseReads) {
  Plan plan = norm_and_attention(true);
  // A residual is read as well, but not multiplied by a weight.
  add_linear(plan, {.name = "proj", .rows = 4, .residual = {plan.steps[0].slots.back()}},
             weights("proj", kWidth, true), plan.steps[2].slots.back());
  const Plan before = plan;
  run(plan, "norm_into_linear");
  EXPECT_EQ(plan.steps[0].spec, before.steps[0].spec);
  EXPECT_EQ(weight_text(plan, "qkv.weight"), "pack(qkv.w[48x16]; 48)");
}

TEST(ScaleIntoQuery, ScalesTheRowsOfQAlone) {
  Plan plan = norm_and_attention(true);
  run(plan, "scale_into_query");
  const auto attention = typed_spec<AttentionSpec>(plan.steps[2].spec);
  EXPECT_EQ(attention.scale, std::numbers::ln2_v<float>);
  EXPECT_EQ(key_factor(attention), 1.0f);
  const std::string factor = "0, 16, 0.36067376022224085";  // log2(e) / 4
  EXPECT_EQ(weight_text(plan, "qkv.weight"), "pack(scale_rows(qkv.w[48x16]; " + factor + "); 48)");
  EXPECT_EQ(weight_text(plan, "qkv.bias"), "pad(scale_rows(qkv.b[48]; " + factor + "); 48)");
}

TEST(ScaleIntoQuery, LeavesALinearAloneThatDoesMoreThanMultiply) {
  Plan plan = norm_and_attention(true);
  auto spec = typed_spec<LinearSpec>(plan.steps[1].spec);
  spec.epilogue.activation = Activation::relu;
  plan.steps[1].spec = op_spec(spec);
  const Plan before = plan;
  run(plan, "scale_into_query");
  EXPECT_EQ(plan.steps[2].spec, before.steps[2].spec);
  EXPECT_EQ(weight_text(plan, "qkv.weight"), weight_text(before, "qkv.weight"));
}

/// A patch embedding of 12 patches, k = 3 x 2 x `patch_w`, in memory as `storage` says.
Plan embedded_patches(int patch_w, DType storage) {
  Plan plan;
  plan.inputs = {{"image", DType::f32, {6 * patch_w, 4, 3}}};
  const PatchEmbedSpec patch{.height = 4,
                             .width = 6 * patch_w,
                             .patch_h = 2,
                             .patch_w = patch_w,
                             .n = kWidth,
                             .panel = storage == DType::f32 ? panel_width(kWidth) : 1,
                             .storage = storage};
  const TensorExpr matrix = t::leaf("w", {kWidth, patch.k()});
  const Slot weight = add_weight(plan, "patch.weight",
                                 storage == DType::f32 ? t::pack(matrix, patch.panel) : matrix);
  plan.weights.back().dtype = storage;
  const Slot bias = add_weight(plan, "patch.bias", t::leaf("b", {kWidth}));
  add_step(plan, "patch", op_spec(patch), {{SlotKind::input, 0}, weight, bias});
  return plan;
}

TEST(PatchesIntoLinear, LaysPatchesOutAsRowsOfALinear) {
  Plan plan = embedded_patches(4, DType::f16);
  run(plan, "patches_into_linear");
  ASSERT_EQ(plan.steps.size(), 2u);
  EXPECT_EQ(plan.steps[0].name, "patch.rows");
  EXPECT_EQ(typed_spec<ImageWindowsSpec>(plan.steps[0].spec).zeros, 0);
  const auto linear = typed_spec<LinearSpec>(plan.steps[1].spec);
  EXPECT_EQ(linear, (LinearSpec{.rows = 12,
                                .k = 24,
                                .n = kWidth,
                                .panel = 1,
                                .epilogue = {.bias = true},
                                .storage = DType::f16}));
  EXPECT_EQ(plan.steps[1].slots[0], plan.steps[0].slots.back());
  EXPECT_EQ(weight_text(plan, "patch.weight"), "w[16x24]");
  assign_arena(plan);
  EXPECT_NO_THROW(check(plan));
}

TEST(PatchesIntoLinear, EndsRowsThatAreNoWholePiecesWithZeros) {
  Plan plan = embedded_patches(3, DType::bf16);  // 18 pixels: 36 bytes
  run(plan, "patches_into_linear");
  EXPECT_EQ(typed_spec<ImageWindowsSpec>(plan.steps[0].spec).zeros, 6);
  EXPECT_EQ(typed_spec<LinearSpec>(plan.steps[1].spec).k, 24);
  EXPECT_EQ(weight_text(plan, "patch.weight"), "concat_columns(w[16x18], zeros(; 16, 6))");
  assign_arena(plan);
  EXPECT_NO_THROW(check(plan));
}

TEST(PatchesIntoLinear, LeavesF32Alone) {
  Plan plan = embedded_patches(4, DType::f32);
  const std::vector<Step> before = plan.steps;
  run(plan, "patches_into_linear");
  EXPECT_EQ(plan.steps, before);
}

}  // namespace
}  // namespace vitgen
