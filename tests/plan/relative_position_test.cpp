// Relative positions as hyper-parameters, and what a plan makes of them.

#include "generators/plan/relative_position.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numbers>

#include "generators/base/error.h"
#include "generators/plan/lower.h"
#include "tests/base/support.h"

namespace vitgen {
namespace {

TEST(RelativePosition, word_reads_back_as_the_same_value) {
  for (const char* word :
       {"none", "rpe-1.9-product-ctx-1-k", "rpe-20-euc-bias-0-qk", "rpe-33-quant-ctx-1-qkv",
        "rpe-20-cross-bias-0-q", "rpe-2-product-ctx-1-v", "bias", "shared-bias"}) {
    EXPECT_EQ(to_word(parse_relative(word)), word);
  }
  EXPECT_EQ(to_word(parse_relative("rpe-2.0-product-ctx-1-kq")), "rpe-2-product-ctx-1-qk");
}

TEST(RelativePosition, any_other_word_is_refused) {
  for (const char* word :
       {"", "rpe", "biases", "bias-shared", "1.9-product-ctx-1-k", "rpe-1.9-product-ctx-1-",
        "rpe-1.9-product-ctx-1", "rpe-x-product-ctx-1-k", "rpe-1.9-circle-ctx-1-k",
        "rpe-1.9-product-map-1-k", "rpe-1.9-product-ctx-2-k", "rpe-1.9-product-ctx-1-kk",
        "rpe-1.9-product-ctx-1-o", "rpe-1.9-product-ctx-1-k-q", "rpe-1.9-product-ctx-1-k "}) {
    const testing::Thrown thrown = testing::thrown_by([&] { parse_relative(word); });
    EXPECT_EQ(thrown.code, "FIELDS_VALUE") << word;
  }
}

VitSpec small_spec(const std::string& word) {
  VitSpec spec;
  spec.image_h = 24;
  spec.image_w = 32;
  spec.patch_h = spec.patch_w = 8;
  spec.grid_h = 3;
  spec.grid_w = 4;
  spec.width = 32;
  spec.depth = 1;
  spec.heads = 2;
  spec.head_size = 16;
  spec.mlp = 48;
  spec.relative = parse_relative(word);
  spec.names.qkv = "blocks.{}.attn.qkv.*";
  spec.names.relative = "rpe_{r}.*";
  spec.names.relative_rows = "rpe_{r}.rows.*";
  spec.names.relative_columns = "rpe_{r}.cols.*";
  spec.names.relative_table = "{}.table";
  spec.names.relative_common_table = "table";
  return spec;
}

Plan plan_of(const std::string& word, const std::vector<std::string>& without = {}) {
  PlanOptions options;
  options.disabled_passes = without;
  return lower(small_spec(word), options);
}

const Step& attention(const Plan& plan) {
  for (const Step& step : plan.steps) {
    if (step.name == "blocks.0.attn") return step;
  }
  throw std::runtime_error("no attention");
}

std::string weight_text(const Plan& plan, const std::string& name) {
  for (const Weight& weight : plan.weights) {
    if (weight.name == name) return to_text(weight.value);
  }
  return "absent";
}

TEST(RelativePosition, without_tables_the_step_is_plain_attention) {
  EXPECT_EQ(attention(plan_of("none")).spec.op, AttentionSpec::op);
}

TEST(RelativePosition, grid_and_tokens_before_it_are_those_of_the_image) {
  const auto spec = typed_spec<RelativeAttentionSpec>(
      attention(plan_of("rpe-1.9-product-ctx-0-kv", {"scale_into_query"})).spec);
  EXPECT_EQ(spec.tokens, 13);
  EXPECT_EQ(spec.skip, 1);
  EXPECT_EQ(spec.grid_w, 4);
  EXPECT_EQ(spec.grid_h(), 3);
  EXPECT_EQ(spec.scale, 0.25f);
  EXPECT_EQ(spec.on_q, Lookup::none);
  EXPECT_EQ(spec.on_v, Lookup::contextual);
  EXPECT_FALSE(spec.shared);
  PlanOptions larger;
  larger.image_h = 40;
  const Plan plan = lower(small_spec("rpe-1.9-product-ctx-0-kv"), larger);
  EXPECT_EQ(typed_spec<RelativeAttentionSpec>(attention(plan).spec).grid_h(), 5);
}

TEST(RelativePosition, tables_stand_side_by_side_in_whole_blocks) {
  const Plan plan = plan_of("rpe-1.9-product-ctx-1-kv");
  EXPECT_EQ(weight_text(plan, "blocks.0.attn.table_k"),
            "reshape(transpose(pad(transpose(reshape(rpe_k.weight[1x16x50]; 16, 50)); 64)); 1, 16, "
            "64)");
  EXPECT_EQ(weight_text(plan, "blocks.0.attn.table_v"),
            "permute(permute(rpe_v.weight[1x50x16]; 1, 0, 2); 1, 0, 2)");
  const Plan crossed = plan_of("rpe-1.9-cross-bias-0-k");
  EXPECT_EQ(weight_text(crossed, "blocks.0.attn.table_k"),
            "scale(transpose(concat(transpose(rpe_k.rows.bias[2x8]), "
            "transpose(rpe_k.cols.bias[2x8]))); 1.4426950408889634)");
}

// 3x4 patches: 5 x 7 distances and three buckets of [CLS].
TEST(RelativePosition, biases_of_each_distance_are_a_table_of_the_block_or_of_all) {
  const Plan own = plan_of("bias");
  const auto spec = typed_spec<RelativeAttentionSpec>(attention(own).spec);
  EXPECT_EQ(spec.method, BucketMethod::exact);
  EXPECT_EQ(spec.on_k, Lookup::bias);
  EXPECT_EQ(spec.table_width(), 38);
  EXPECT_EQ(spec.table_sets(), 2);
  EXPECT_EQ(weight_text(own, "blocks.0.attn.table_k"),
            "scale(transpose(0.table[38x2]); 1.4426950408889634)");
  EXPECT_EQ(weight_text(plan_of("shared-bias"), "blocks.0.attn.table_k"),
            "scale(transpose(table[38x2]); 1.4426950408889634)");
}

TEST(RelativePosition, shared_biases_are_one_weight_of_the_plan) {
  VitSpec spec = small_spec("shared-bias");
  spec.depth = 2;
  const Plan plan = lower(spec, {});
  const auto table = [&](const std::string& name) {
    const auto step = std::ranges::find(plan.steps, name, &Step::name);
    return step == plan.steps.end() ? Slot{} : step->slots[1];
  };
  EXPECT_EQ(table("blocks.0.attn"), table("blocks.1.attn"));
}

// 5x4 patches have 9 x 7 distances; the buckets of [CLS] stay.
TEST(RelativePosition, biases_of_distances_are_resampled_for_another_image) {
  PlanOptions options;
  options.image_h = 40;
  VitSpec spec = small_spec("bias");
  EXPECT_EQ(weight_text(lower(spec, options), "blocks.0.attn.table_k"),
            "scale(transpose(concat(resample(rows(0.table[38x2]; 0, 35); 5, 7, 9, 7, 2), "
            "rows(0.table[38x2]; 35, 3))); 1.4426950408889634)");
  spec.relative_resample = tensors::Resample::geometric;
  EXPECT_NE(weight_text(lower(spec, options), "blocks.0.attn.table_k").find("5, 7, 9, 7, 5)"),
            std::string::npos);
  spec.image_w = spec.image_h = 8 * 129;
  EXPECT_EQ(testing::thrown_by([&] { check(spec); }).code, "CFG_BUDGET");
}

TEST(RelativePosition, biases_need_a_scheme_with_their_tables) {
  VitSpec spec = small_spec("bias");
  spec.names.relative_table.clear();
  spec.names.patch = "patch.*";
  const testing::Thrown thrown = testing::thrown_by([&] { check(spec); });
  EXPECT_EQ(thrown.code, "CFG_INCONSISTENT");
  EXPECT_NE(thrown.hint.find("hf_beit"), std::string::npos) << thrown.hint;
}

TEST(RelativePosition, geometric_resampling_is_not_for_absolute_positions) {
  VitSpec spec = small_spec("none");
  spec.resample = tensors::Resample::geometric;
  EXPECT_EQ(testing::thrown_by([&] { check(spec); }).code, "CFG_INCONSISTENT");
}

// q has the factor after the pass; the terms of keys get it by their table.
TEST(RelativePosition, scale_into_query_brings_the_factor_to_the_table_of_keys_alone) {
  const Plan plan = plan_of("rpe-1.9-product-ctx-1-qkv");
  const auto spec = typed_spec<RelativeAttentionSpec>(attention(plan).spec);
  EXPECT_EQ(spec.scale, std::numbers::ln2_v<float>);
  EXPECT_TRUE(weight_text(plan, "blocks.0.attn.table_q").starts_with("scale(")) << to_text(plan);
  EXPECT_FALSE(weight_text(plan, "blocks.0.attn.table_k").starts_with("scale("));
  EXPECT_FALSE(weight_text(plan, "blocks.0.attn.table_v").starts_with("scale("));
  const Plan biased = plan_of("rpe-1.9-product-bias-1-q");
  EXPECT_EQ(weight_text(biased, "blocks.0.attn.table_q"),
            weight_text(plan_of("rpe-1.9-product-bias-1-q", {"scale_into_query"}),
                        "blocks.0.attn.table_q"));
}

}  // namespace
}  // namespace vitgen
