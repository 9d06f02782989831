// Plans of transformers whose blocks, heads or positions are not those of a plain ViT.

#include <gtest/gtest.h>

#include <algorithm>

#include "generators/ops/add.h"
#include "generators/ops/layer_norm.h"
#include "generators/ops/linear.h"
#include "generators/plan/lower.h"
#include "generators/plan/passes/passes.h"
#include "tests/base/support.h"
#include "tests/plan/small_vit.h"

namespace vitgen {
namespace {

VitSpec small() { return small_vit(2); }

VitSpec with_placement(NormPlacement placement) {
  VitSpec spec = small();
  spec.norm_placement = placement;
  if (placement == NormPlacement::post) spec.final_norm = FinalNorm::none;
  return spec;
}

VitSpec with_heads(HeadWeights heads) {
  VitSpec spec = small();
  spec.head_weights = heads;
  spec.names.qkv.clear();
  spec.names.q = "{}.q{h}.*";
  spec.names.k = "{}.k{h}.*";
  spec.names.v = "{}.v{h}.*";
  return spec;
}

/// Steps of the first block.
std::vector<std::string> block_steps(const Plan& plan) {
  std::vector<std::string> names;
  for (const Step& step : plan.steps) {
    if (step.name.starts_with("blocks.0.")) names.push_back(step.name.substr(9));
  }
  return names;
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

PlanOptions without_passes() {
  PlanOptions options;
  for (const Pass& pass : all_passes()) options.disabled_passes.emplace_back(pass.name);
  return options;
}

TEST(NormPlacement, post_norm_reads_the_sum_and_feeds_input_and_residual) {
  const Plan plan = lower(with_placement(NormPlacement::post), {});
  EXPECT_EQ(block_steps(plan), (std::vector<std::string>{"attn.qkv", "attn", "attn.proj", "norm1",
                                                         "mlp.fc1", "mlp.fc2", "norm2"}));
  const Slot sum = step(plan, "blocks.0.attn.proj").slots.back();
  const Slot normed = step(plan, "blocks.0.norm1").slots.back();
  EXPECT_EQ(step(plan, "blocks.0.norm1").slots[0], sum);
  EXPECT_EQ(step(plan, "blocks.0.mlp.fc1").slots[0], normed);
  EXPECT_EQ(step(plan, "blocks.0.mlp.fc2").slots[3], normed);
  EXPECT_EQ(step(plan, "blocks.1.attn.qkv").slots[0], step(plan, "blocks.0.norm2").slots.back());
}

TEST(NormPlacement, post_norms_keep_gain_and_bias_since_the_residual_reads_them_too) {
  const Plan plan = lower(with_placement(NormPlacement::post), {});
  for (const char* name : {"blocks.0.norm1", "blocks.0.norm2", "blocks.1.norm1"}) {
    EXPECT_TRUE(typed_spec<LayerNormSpec>(step(plan, name).spec).affine) << name;
  }
  EXPECT_EQ(weight_text(plan, "blocks.0.mlp.fc1.weight"), "pack(0.fc1.weight[40x24]; 48)");
  // The very last one is read by the head alone, on the pooled row alone.
  const auto last = typed_spec<LayerNormSpec>(step(plan, "blocks.1.norm2").spec);
  EXPECT_EQ(last.rows, 1);
  EXPECT_FALSE(last.affine);
}

TEST(NormPlacement, last_post_norm_runs_on_all_tokens_if_they_are_wanted) {
  PlanOptions options;
  options.outputs = {"tokens", "logits"};
  const Plan plan = lower(with_placement(NormPlacement::post), options);
  const Step& last = step(plan, "blocks.1.norm2");
  EXPECT_EQ(typed_spec<LayerNormSpec>(last.spec).rows, 7);
  EXPECT_TRUE(typed_spec<LayerNormSpec>(last.spec).affine);
  EXPECT_EQ(last.slots.back(), (Slot{SlotKind::output, 0}));
}

TEST(NormPlacement, residual_post_norm_is_added_after_the_norm) {
  const Plan plan = lower(with_placement(NormPlacement::res_post), {});
  EXPECT_EQ(block_steps(plan),
            (std::vector<std::string>{"attn.qkv", "attn", "attn.proj", "norm1", "attn.proj.add",
                                      "mlp.fc1", "mlp.fc2", "norm2", "mlp.fc2.add"}));
  EXPECT_FALSE(typed_spec<LinearSpec>(step(plan, "blocks.0.attn.proj").spec).epilogue.residual);
  EXPECT_TRUE(typed_spec<LayerNormSpec>(step(plan, "blocks.0.norm1").spec).affine);
  const Step& add = step(plan, "blocks.0.attn.proj.add");
  EXPECT_EQ(typed_spec<AddSpec>(add.spec), (AddSpec{.rows = 7, .width = 24}));
  EXPECT_EQ(add.slots[0], step(plan, "blocks.0.norm1").slots.back());
  EXPECT_EQ(add.slots[1], step(plan, "blocks.0.attn.qkv").slots[0]);
  EXPECT_EQ(step(plan, "blocks.0.mlp.fc1").slots[0], add.slots.back());
}

TEST(NormPlacement, every_placement_gives_a_valid_plan_with_and_without_passes) {
  for (const std::string_view name : enum_names(NormPlacement{})) {
    for (const bool proj : {false, true}) {
      for (const auto& outputs : {std::vector<std::string>{}, {"tokens"}, {"pooled", "tokens"}}) {
        VitSpec spec = with_placement(parse_enum<NormPlacement>(name, "norm_placement"));
        spec.proj = proj;
        PlanOptions options;
        options.outputs = outputs;
        EXPECT_NO_THROW(lower(spec, options)) << name;
        options.disabled_passes = without_passes().disabled_passes;
        EXPECT_NO_THROW(lower(spec, options)) << name;
      }
    }
  }
}

TEST(HeadWeights, sliced_ones_are_blocks_along_a_diagonal) {
  const Plan plan = lower(with_heads(HeadWeights::sliced), without_passes());
  EXPECT_EQ(weight_text(plan, "blocks.1.attn.qkv.weight"),
            "pack(concat("
            "block_diagonal(1.q0.weight[8x8], 1.q1.weight[8x8], 1.q2.weight[8x8]), "
            "block_diagonal(1.k0.weight[8x8], 1.k1.weight[8x8], 1.k2.weight[8x8]), "
            "block_diagonal(1.v0.weight[8x8], 1.v1.weight[8x8], 1.v2.weight[8x8])); 16)");
  EXPECT_EQ(weight_text(plan, "blocks.1.attn.qkv.bias"),
            "pad(concat(concat(1.q0.bias[8], 1.q1.bias[8], 1.q2.bias[8]), "
            "concat(1.k0.bias[8], 1.k1.bias[8], 1.k2.bias[8]), "
            "concat(1.v0.bias[8], 1.v1.bias[8], 1.v2.bias[8])); 80)");
}

TEST(HeadWeights, those_from_all_channels_stand_below_each_other) {
  VitSpec spec = with_heads(HeadWeights::per_head);
  spec.q_bias = spec.k_bias = spec.v_bias = false;
  spec.block_matrix = MatrixOrder::in_out;
  EXPECT_EQ(weight_text(lower(spec, without_passes()), "blocks.0.attn.qkv.weight").substr(0, 71),
            "pack(concat(concat(transpose(0.q0.weight[24x8]), transpose(0.q1.weight[");
}

TEST(Lower, without_projection_the_heads_are_added_to_the_tokens) {
  VitSpec spec = small();
  spec.proj = false;
  const Plan plan = lower(spec, {});
  EXPECT_EQ(block_steps(plan),
            (std::vector<std::string>{"norm1", "attn.qkv", "attn", "attn.proj.add", "norm2",
                                      "mlp.fc1", "mlp.fc2"}));
  const Step& add = step(plan, "blocks.0.attn.proj.add");
  EXPECT_EQ(add.slots[0], step(plan, "blocks.0.attn").slots.back());
  EXPECT_EQ(add.slots[1], step(plan, "blocks.0.norm1").slots[0]);
}

TEST(Lower, matrices_stored_as_in_out_are_transposed) {
  VitSpec spec = small();
  spec.block_matrix = spec.head_matrix = MatrixOrder::in_out;
  const Plan plan = lower(spec, without_passes());
  EXPECT_EQ(weight_text(plan, "blocks.0.attn.qkv.weight"),
            "pack(transpose(0.qkv.weight[24x72]); 16)");
  EXPECT_EQ(weight_text(plan, "blocks.0.mlp.fc2.weight"),
            "pack(transpose(0.fc2.weight[40x24]); 32)");
  EXPECT_EQ(weight_text(plan, "head.weight"), "pack(transpose(head.weight[24x5]); 16)");
}

TEST(Lower, norm_of_the_patches_stands_before_their_positions) {
  VitSpec spec = small();
  spec.patch_norm = true;
  const Plan plan = lower(spec, {});
  const Step& norm = step(plan, "patch_embed.norm");
  EXPECT_EQ(norm.slots[0], step(plan, "patch_embed").slots.back());
  EXPECT_EQ(step(plan, "pos_embed").slots[0], norm.slots.back());
  EXPECT_EQ(typed_spec<LayerNormSpec>(norm.spec).rows, 6);
  EXPECT_TRUE(typed_spec<LayerNormSpec>(norm.spec).affine);
}

TEST(Positions, fixed_ones_need_no_tensor_of_the_file) {
  VitSpec spec = small();
  spec.names.position.clear();
  spec.positions = Positions::sincos_2d;
  EXPECT_EQ(weight_text(lower(spec, {}), "pos_embed.patches"),
            "rows(concat(zeros(; 1, 24), sincos_2d(; 2, 3, 24)); 1, 6)");
  spec.position_prefix = 0;
  EXPECT_EQ(weight_text(lower(spec, {}), "pos_embed.patches"), "sincos_2d(; 2, 3, 24)");
  spec.positions = Positions::sinusoid;
  spec.position_prefix = 1;
  EXPECT_EQ(weight_text(lower(spec, {}), "pos_embed.patches"), "rows(sinusoid(; 7, 24); 1, 6)");
}

TEST(Positions, without_any_the_patches_are_as_they_are_and_cls_has_none) {
  VitSpec spec = small();
  spec.names.position.clear();
  spec.positions = Positions::none;
  spec.position_prefix = 0;
  EXPECT_EQ(weight_text(lower(spec, {}), "pos_embed.patches"), "zeros(; 6, 24)");
  EXPECT_EQ(weight_text(lower(spec, {}), "pos_embed.prefix").find("pos"), std::string::npos);
}

TEST(QkvBiases, apart_from_a_fused_weight_that_of_k_is_zero) {
  VitSpec spec = small();
  spec.names.q_bias = "{}.q_bias";
  spec.names.v_bias = "{}.v_bias";
  spec.k_bias = false;
  const auto bias = [&] {
    return weight_text(lower(spec, without_passes()), "blocks.1.attn.qkv.bias");
  };
  EXPECT_NE(bias().find("concat(1.q_bias[24], zeros(; 24), 1.v_bias[24])"), std::string::npos)
      << bias();
  spec.q_bias = spec.v_bias = false;
  EXPECT_EQ(bias(), "absent");
}

TEST(Positions, of_another_image_a_grid_is_resampled_and_a_sinusoid_goes_on) {
  PlanOptions options;
  options.image_h = 16;
  VitSpec spec = small();
  spec.positions = Positions::sincos_2d;
  spec.position_prefix = 0;
  EXPECT_EQ(weight_text(lower(spec, options), "pos_embed.patches"),
            "resample(sincos_2d(; 2, 3, 24); 2, 3, 4, 3, 1)");
  spec.positions = Positions::sinusoid;
  EXPECT_EQ(weight_text(lower(spec, options), "pos_embed.patches"), "sinusoid(; 12, 24)");
}

TEST(VitSpec, variants_that_do_not_fit_together_are_inconsistent) {
  const auto code = [](VitSpec spec) { return testing::code_of([&] { check(spec); }); };
  VitSpec odd = small();
  odd.positions = Positions::sincos_2d;
  odd.width = 30;
  odd.head_size = 10;
  EXPECT_EQ(code(odd), "CFG_INCONSISTENT");
  VitSpec narrow = small();
  narrow.head_size = 4;
  EXPECT_EQ(code(narrow), "");
  narrow.proj = false;
  EXPECT_EQ(code(narrow), "CFG_INCONSISTENT");
  VitSpec sliced = with_heads(HeadWeights::sliced);
  EXPECT_EQ(code(sliced), "");
  sliced.head_size = 4;
  EXPECT_EQ(code(sliced), "CFG_INCONSISTENT");
  VitSpec named = with_heads(HeadWeights::per_head);
  named.names.k = "{}.k.*";
  EXPECT_EQ(code(named), "CFG_INCONSISTENT");
  EXPECT_EQ(code(with_heads(HeadWeights::joined)), "CFG_INCONSISTENT");
  VitSpec scaled = with_placement(NormPlacement::res_post);
  scaled.layer_scale = true;
  EXPECT_EQ(code(scaled), "CFG_INCONSISTENT");
  scaled.norm_placement = NormPlacement::pre;
  EXPECT_EQ(code(scaled), "");
  scaled.proj = false;
  EXPECT_EQ(code(scaled), "CFG_INCONSISTENT");
}

}  // namespace
}  // namespace vitgen
