// Plans of whole models: their steps, their outputs, their memory.

#include "generators/plan/lower.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "generators/ops/attention.h"
#include "generators/ops/embedding_add.h"
#include "generators/ops/layer_norm.h"
#include "generators/ops/linear.h"
#include "generators/ops/patch_embed.h"
#include "generators/plan/passes/passes.h"
#include "tests/base/support.h"

namespace vitgen {
namespace {

/// ViT-B/16 with timm's names, one block deep unless a test says more.
VitSpec vit() {
  VitSpec spec;
  spec.depth = 1;
  spec.names.patch = "patch_embed.proj.*";
  spec.names.cls = "cls_token";
  spec.names.dist = "dist_token";
  spec.names.registers = "reg_token";
  spec.names.position = "pos_embed";
  spec.names.norm_pre = "norm_pre.*";
  spec.names.norm1 = "blocks.{}.norm1.*";
  spec.names.qkv = "blocks.{}.attn.qkv.*";
  spec.names.proj = "blocks.{}.attn.proj.*";
  spec.names.gain1 = "blocks.{}.ls1.gamma";
  spec.names.norm2 = "blocks.{}.norm2.*";
  spec.names.fc1 = "blocks.{}.mlp.fc1.*";
  spec.names.fc2 = "blocks.{}.mlp.fc2.*";
  spec.names.gain2 = "blocks.{}.ls2.gamma";
  spec.names.norm = "norm.*";
  spec.names.fc_norm = "fc_norm.*";
  spec.names.pooler = "pooler.dense.*";
  spec.names.head = "head.*";
  spec.names.head_dist = "head_dist.*";
  return spec;
}

/// The plan before any pass.
Plan unchanged(const VitSpec& spec, PlanOptions options = {}) {
  for (const Pass& pass : all_passes()) options.disabled_passes.emplace_back(pass.name);
  return lower(spec, options);
}

std::vector<std::string> step_names(const Plan& plan) {
  std::vector<std::string> names;
  for (const Step& step : plan.steps) names.push_back(step.name);
  return names;
}

const Step& step(const Plan& plan, std::string_view name) {
  const auto found = std::find_if(plan.steps.begin(), plan.steps.end(),
                                  [&](const Step& s) { return s.name == name; });
  if (found == plan.steps.end()) throw std::runtime_error("no step " + std::string(name));
  return *found;
}

std::string weight_text(const Plan& plan, std::string_view name) {
  for (const Weight& weight : plan.weights) {
    if (weight.name == name) return to_text(weight.value);
  }
  return "absent";
}

TEST(Lower, steps_have_timm_names_in_the_order_of_the_network) {
  EXPECT_EQ(
      step_names(lower(vit(), {})),
      (std::vector<std::string>{"patch_embed", "pos_embed", "blocks.0.norm1", "blocks.0.attn.qkv",
                                "blocks.0.attn", "blocks.0.attn.proj", "blocks.0.norm2",
                                "blocks.0.mlp.fc1", "blocks.0.mlp.fc2", "pool", "norm", "head"}));
}

TEST(Lower, vit_base_has_published_shapes) {
  PlanOptions options;
  options.batch = 2;
  const Plan plan = unchanged(vit(), options);
  const auto qkv = typed_spec<LinearSpec>(step(plan, "blocks.0.attn.qkv").spec);
  EXPECT_EQ(qkv, (LinearSpec{.rows = 394,
                             .k = 768,
                             .n = 2304,
                             .panel = 48,
                             .epilogue = {.bias = true, .activation = Activation::none}}));
  const auto fc2 = typed_spec<LinearSpec>(step(plan, "blocks.0.mlp.fc2").spec);
  EXPECT_EQ(fc2.k, 3072);
  EXPECT_TRUE(fc2.epilogue.residual);
  const auto attention = typed_spec<AttentionSpec>(step(plan, "blocks.0.attn").spec);
  EXPECT_EQ(
      attention,
      (AttentionSpec{.batch = 2, .tokens = 197, .heads = 12, .head_size = 64, .scale = 0.125f}));
  EXPECT_EQ(plan.outputs[0].extents, std::vector<int>{1000});
}

TEST(Lower, residuals_come_from_the_blocks_input_and_are_never_written_in_place) {
  VitSpec spec = vit();
  spec.depth = 3;
  const Plan plan = lower(spec, {});
  for (int b = 0; b < 3; ++b) {
    const std::string block = "blocks." + std::to_string(b);
    const Step& proj = step(plan, block + ".attn.proj");
    const Step& fc2 = step(plan, block + ".mlp.fc2");
    EXPECT_EQ(proj.slots[3], step(plan, block + ".norm1").slots[0]);
    EXPECT_EQ(fc2.slots[3], proj.slots.back());
    EXPECT_EQ(step(plan, block + ".norm2").slots[0], proj.slots.back());
    EXPECT_NE(proj.slots.back(), proj.slots[3]);
  }
}

TEST(Lower, arena_is_as_small_as_the_values_alive_at_one_step) {
  for (const int batch : {1, 8}) {
    for (const std::int64_t mlp : {192, 768, 3072, 4304}) {
      VitSpec spec = vit();
      spec.depth = 12;
      spec.mlp = mlp;
      PlanOptions options;
      options.batch = batch;
      const Plan plan = lower(spec, options);
      EXPECT_EQ(plan.arena_bytes, peak_bytes(plan)) << batch << " " << mlp;
    }
  }
}

TEST(Lower, weights_do_not_depend_on_the_batch_and_are_unique) {
  PlanOptions options;
  const Plan one = lower(vit(), options);
  options.batch = 17;
  EXPECT_EQ(lower(vit(), options).weights, one.weights);
  std::set<std::string> names;
  for (const Weight& weight : one.weights) EXPECT_TRUE(names.insert(weight.name).second);
}

TEST(Lower, layer_scale_is_folded_into_weight_and_bias_of_the_linear_before_it) {
  VitSpec spec = vit();
  spec.layer_scale = true;
  const Plan plan = lower(spec, {});
  EXPECT_EQ(weight_text(plan, "blocks.0.attn.proj.weight"),
            "pack(mul_rows(blocks.0.attn.proj.weight[768x768], blocks.0.ls1.gamma[768]); 48)");
  EXPECT_EQ(weight_text(plan, "blocks.0.mlp.fc2.bias"),
            "pad(mul_rows(blocks.0.mlp.fc2.bias[768], blocks.0.ls2.gamma[768]); 768)");
}

TEST(Lower, separate_qkv_is_concatenated_and_a_missing_bias_is_zero) {
  VitSpec spec = vit();
  spec.names.qkv.clear();
  spec.names.q = "q{}.*";
  spec.names.k = "k{}.*";
  spec.names.v = "v{}.*";
  spec.k_bias = false;
  const Plan plan = unchanged(spec);
  EXPECT_EQ(weight_text(plan, "blocks.0.attn.qkv.weight"),
            "pack(concat(q0.weight[768x768], k0.weight[768x768], v0.weight[768x768]); 48)");
  EXPECT_EQ(weight_text(plan, "blocks.0.attn.qkv.bias"),
            "pad(concat(q0.bias[768], zeros(; 768), v0.bias[768]); 2304)");
}

TEST(Lower, no_qkv_bias_at_all_leaves_the_operand_out) {
  VitSpec spec = vit();
  spec.q_bias = spec.k_bias = spec.v_bias = false;
  const Plan plan = unchanged(spec);
  EXPECT_EQ(weight_text(plan, "blocks.0.attn.qkv.bias"), "absent");
  EXPECT_EQ(step(plan, "blocks.0.attn.qkv").slots.size(), 3u);
}

TEST(Lower, prefix_rows_carry_the_first_rows_of_the_table_and_registers_none) {
  VitSpec spec = vit();
  spec.registers = 4;
  EXPECT_EQ(weight_text(lower(spec, {}), "pos_embed.prefix"),
            "add(concat(reshape(cls_token[1x1x768]; 1, 768), reshape(reg_token[1x4x768]; 4, 768)), "
            "pad(rows(reshape(pos_embed[1x197x768]; 197, 768); 0, 1); 5))");
}

TEST(Lower, table_without_prefix_rows_leaves_the_prefix_as_it_is) {
  VitSpec spec = vit();
  spec.position_prefix = 0;
  const Plan plan = lower(spec, {});
  EXPECT_EQ(weight_text(plan, "pos_embed.prefix"), "concat(reshape(cls_token[1x1x768]; 1, 768))");
  EXPECT_EQ(weight_text(plan, "pos_embed.patches"), "reshape(pos_embed[1x196x768]; 196, 768)");
}

TEST(Lower, model_without_prefix_tokens_has_no_prefix_operand) {
  VitSpec spec = vit();
  spec.cls = false;
  spec.position_prefix = 0;
  spec.pooling = Pooling::mean;
  const Plan plan = lower(spec, {});
  EXPECT_EQ(weight_text(plan, "pos_embed.prefix"), "absent");
  EXPECT_EQ(typed_spec<EmbeddingAddSpec>(step(plan, "pos_embed").spec).prefix, 0);
}

TEST(Lower, another_image_size_resamples_the_patch_rows_only) {
  PlanOptions options;
  options.image_h = 384;
  options.image_w = 320;
  const Plan plan = lower(vit(), options);
  EXPECT_EQ(plan.inputs.at(0).extents, (std::vector<int>{320, 384, 3}));
  EXPECT_EQ(weight_text(plan, "pos_embed.patches"),
            "resample(rows(reshape(pos_embed[1x197x768]; 197, 768); 1, 196); 14, 14, 24, 20, 1)");
  EXPECT_NE(weight_text(plan, "pos_embed.prefix"), "absent");
}

TEST(Lower, u8_input_is_interleaved_and_its_normalisation_is_in_the_weights) {
  PlanOptions options;
  options.input = DType::u8;
  VitSpec spec = vit();
  spec.patch_bias = false;
  const Plan plan = lower(spec, options);
  EXPECT_EQ(plan.inputs.at(0).extents, (std::vector<int>{3, 224, 224}));
  const auto patch = typed_spec<PatchEmbedSpec>(step(plan, "patch_embed").spec);
  EXPECT_EQ(patch.layout, ImageLayout::hwc);
  EXPECT_TRUE(patch.bias);
  EXPECT_EQ(weight_text(plan, "patch_embed.bias"),
            "pad(sum_channels(patch_embed.proj.weight[768x3x16x16]; -1, -1, -1); 768)");
}

TEST(Lower, norm_runs_on_the_pooled_rows_only_unless_tokens_are_wanted) {
  PlanOptions options;
  options.batch = 3;
  const auto norm_rows = [&] {
    return typed_spec<LayerNormSpec>(step(lower(vit(), options), "norm").spec).rows;
  };
  EXPECT_EQ(norm_rows(), 3);
  options.disabled_passes = {"pool_before_norm"};
  EXPECT_EQ(norm_rows(), 3 * 197);
  options.disabled_passes.clear();
  options.outputs = {"logits", "tokens"};
  EXPECT_EQ(norm_rows(), 3 * 197);
}

TEST(Lower, mean_pooling_keeps_the_norm_where_the_model_has_it) {
  VitSpec spec = vit();
  spec.pooling = Pooling::mean;
  const auto tail = [&] {
    std::vector<std::string> names = step_names(lower(spec, {}));
    return std::vector<std::string>(names.end() - 3, names.end());
  };
  EXPECT_EQ(tail(), (std::vector<std::string>{"norm", "pool", "head"}));
  spec.final_norm = FinalNorm::after_pool;
  EXPECT_EQ(tail(), (std::vector<std::string>{"pool", "fc_norm", "head"}));
}

TEST(Lower, two_heads_are_one_linear_map_of_both_tokens) {
  VitSpec spec = vit();
  spec.dist = true;
  spec.position_prefix = 2;
  spec.pooling = Pooling::two_tokens;
  spec.two_heads = true;
  const Plan plan = unchanged(spec);
  EXPECT_EQ(typed_spec<LinearSpec>(step(plan, "head").spec).k, 2 * 768);
  EXPECT_EQ(typed_spec<LayerNormSpec>(step(lower(spec, {}), "norm").spec).rows, 2);
  EXPECT_EQ(weight_text(plan, "head.weight"),
            "pack(concat_columns(scale(head.weight[1000x768]; 0.5), "
            "scale(head_dist.weight[1000x768]; 0.5)); 48)");
  EXPECT_EQ(weight_text(plan, "head.bias"),
            "pad(average(head.bias[1000], head_dist.bias[1000]); 1008)");
}

TEST(Lower, pooler_is_a_tanh_linear_and_the_default_output_of_a_headless_model) {
  VitSpec spec = vit();
  spec.classes = 0;
  spec.pooler = true;
  spec.pooler_size = 100;
  const Plan plan = lower(spec, {});
  EXPECT_EQ(plan.outputs.size(), 1u);
  EXPECT_EQ(plan.outputs[0].name, "pooled");
  EXPECT_EQ(plan.outputs[0].extents, std::vector<int>{100});
  EXPECT_EQ(typed_spec<LinearSpec>(step(plan, "pooler").spec).epilogue.activation,
            Activation::tanh);
}

TEST(Lower, outputs_are_written_by_the_last_steps_themselves) {
  PlanOptions options;
  options.outputs = {"tokens", "logits", "pooled"};
  const Plan plan = lower(vit(), options);
  EXPECT_EQ(step(plan, "norm").slots.back(), (Slot{SlotKind::output, 0}));
  EXPECT_EQ(step(plan, "head").slots.back(), (Slot{SlotKind::output, 1}));
  EXPECT_EQ(step(plan, "pool").slots.back(), (Slot{SlotKind::output, 2}));
  EXPECT_EQ(plan.outputs[0].extents, (std::vector<int>{768, 197}));
}

TEST(Lower, tokens_alone_need_no_head) {
  PlanOptions options;
  options.outputs = {"tokens"};
  const Plan plan = lower(vit(), options);
  EXPECT_EQ(plan.steps.back().name, "norm");
}

TEST(Lower, every_combination_of_parts_and_outputs_gives_a_valid_plan) {
  const std::vector<std::vector<std::string>> wanted = {
      {}, {"tokens"}, {"pooled"}, {"logits", "pooled"}, {"tokens", "pooled", "logits"}};
  for (const Pooling pooling : {Pooling::token, Pooling::mean, Pooling::token_and_mean}) {
    for (const FinalNorm norm : {FinalNorm::before_pool, FinalNorm::after_pool, FinalNorm::none}) {
      if (pooling == Pooling::token_and_mean && norm == FinalNorm::after_pool) continue;
      for (const bool pooler : {false, true}) {
        for (const auto& outputs : wanted) {
          VitSpec spec = vit();
          spec.pooling = pooling;
          spec.final_norm = norm;
          spec.pooler = pooler;
          spec.pooler_size = pooler ? 5 : 0;
          PlanOptions options;
          options.outputs = outputs;
          EXPECT_NO_THROW(lower(spec, options));
        }
      }
    }
  }
}

TEST(Lower, wrong_wishes_are_usage_errors) {
  const auto code = [](const PlanOptions& options, const VitSpec& spec) {
    const testing::Thrown thrown = testing::thrown_by([&] { lower(spec, options); });
    EXPECT_EQ(thrown.exit, ExitCode::usage);
    return thrown.code;
  };
  PlanOptions options;
  options.outputs = {"logit"};
  EXPECT_EQ(code(options, vit()), "OUTPUT_UNKNOWN");
  options.outputs = {"logits", "logits"};
  EXPECT_EQ(code(options, vit()), "OUTPUT_UNKNOWN");
  options.outputs = {"logits"};
  VitSpec headless = vit();
  headless.classes = 0;
  EXPECT_EQ(code(options, headless), "OUTPUT_ABSENT");
  options.outputs = {};
  options.disabled_passes = {"pool_before_nrm"};
  EXPECT_EQ(code(options, vit()), "PASS_UNKNOWN");
  options.disabled_passes = {};
  for (const int batch : {0, -1, 1 << 20}) {
    options.batch = batch;
    EXPECT_EQ(code(options, vit()), "BATCH_RANGE");
  }
  // Logits are one row for an image, not for a token.
  VitSpec wide = vit();
  wide.classes = 100000;
  options.batch = 1000;
  EXPECT_NO_THROW(lower(wide, options));
}

}  // namespace
}  // namespace vitgen
