// Which schedule a GPU gets, at sizes where blocks cease to fit.

#include <gtest/gtest.h>

#include <algorithm>

#include "generators/base/error.h"
#include "generators/ops/argsort.h"
#include "generators/ops/attention.h"
#include "generators/ops/attention_pool.h"
#include "generators/ops/cosine_attention.h"
#include "generators/ops/layer_norm.h"
#include "generators/ops/linear.h"
#include "generators/ops/masked_tokens.h"
#include "generators/ops/patch_embed.h"
#include "generators/ops/relative_attention.h"
#include "generators/ops/soft_cross_entropy.h"
#include "generators/ops/token_mix.h"
#include "schedules/cuda/attention.h"
#include "schedules/rule.h"
#include "schedules/support/gpu_block.h"
#include "tests/schedules/op_specs.h"

namespace vitgen {
namespace {

std::string rule_of(const OpSpec& spec) {
  return choose_default(spec, find_machine("cuda_sm80")).rule;
}

// Whatever the row says, defaults are legal or the rule is passed over.
TEST(GpuRules, DefaultsAreLegalOnEveryRow) {
  int built = 0;
  for (const int warp : {1, 32, 64}) {
    for (const int block_threads : {64, 256, 1024}) {
      for (const int shared_kib : {4, 16, 48}) {
        Machine machine = find_machine("cuda_sm80");
        machine.warp = warp;
        machine.block_threads = block_threads;
        machine.shared_bytes = shared_kib * 1024;
        for (const RuleEntry& rule : all_rules()) {
          const OpSpec spec = edge_specs(rule.op).back();
          const auto knobs = rule.defaults(spec, machine);
          if (!knobs) continue;
          EXPECT_NO_THROW(rule.build(spec, machine, *knobs))
              << rule.name << " " << knobs->text() << " with warps of " << warp << ", "
              << block_threads << " threads, " << shared_kib << " KiB";
          ++built;
        }
      }
    }
  }
  EXPECT_GT(built, 27 * 10);
}

TEST(GpuRules, AttentionTakesSmallerTilesForMoreTokens) {
  const Machine& machine = find_machine("cuda_sm80");
  int queries = 1 << 10;
  for (const int tokens : {197, 577, 1025, 1370}) {
    const auto tile = CudaAttention::defaults({8, tokens, 12, 64, 0.125f}, machine);
    ASSERT_TRUE(tile) << tokens;
    EXPECT_LE(tile->queries(), queries) << tokens;
    queries = tile->queries();
  }
}

TEST(GpuRules, WhatFitsNoBlockGetsTheFallback) {
  EXPECT_EQ(rule_of(op_spec(AttentionSpec{1, 8192, 1, 64, 0.125f})), "fallback");
  EXPECT_EQ(rule_of(op_spec(ArgsortSpec{1, 20000, 5})), "fallback");
  EXPECT_EQ(rule_of(op_spec(AttentionPoolSpec{1, 20000, 0, 1, 4})), "fallback");
  EXPECT_EQ(rule_of(op_spec(SoftCrossEntropySpec{1, 5, 20000, 1})), "fallback");
  EXPECT_EQ(rule_of(op_spec(CosineAttentionSpec{1, 1, 20000, 20000, 4})), "fallback");
}

// A grid is at most 65535 blocks along its second and third dimension.
TEST(GpuRules, WhatFitsNoGridGetsTheFallback) {
  EXPECT_EQ(rule_of(op_spec(AttentionSpec{70000, 3, 1, 4, 0.5f})), "fallback");
  EXPECT_EQ(rule_of(op_spec(TokenMixSpec{70000, 2, 2, 4})), "fallback");
  EXPECT_EQ(rule_of(op_spec(MaskedTokensSpec{70000, 1, 2, 1, 1, 4})), "fallback");
  EXPECT_EQ(rule_of(op_spec(LinearSpec{10'000'000, 1, 1, 16, {}})), "fallback");
}

// Its one copy of a row is a matter of speed only.
TEST(GpuRules, ARowTooLongForSharedMemoryStaysInMemory) {
  const OpSpec spec = op_spec(LayerNormSpec{2, 20000, 1e-6f});
  const Choice choice = choose_default(spec, find_machine("cuda_sm80"));
  EXPECT_EQ(*choice.knobs.find("staged"), "0");
  EXPECT_EQ(*choose_default(op_spec(LayerNormSpec{2, 2000, 1e-6f}), find_machine("cuda_sm80"))
                 .knobs.find("staged"),
            "1");
}

std::string refusal(const OpSpec& spec, const std::string& choice) {
  try {
    build(spec, find_machine("cuda_sm80"), Choice::parse(choice));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "KNOBS_ILLEGAL");
    return error.what();
  }
  return "none";
}

TEST(GpuRules, KnobsThatNoBlockObeysAreRefused) {
  const OpSpec add = edge_specs("add").front();
  EXPECT_EQ(refusal(add, "cuda/add(threads=64)"), "none");
  EXPECT_NE(refusal(add, "cuda/add(threads=48)"), "none");    // a warp and a half
  EXPECT_NE(refusal(add, "cuda/add(threads=2048)"), "none");  // beyond the limit of a block
  const OpSpec norm = op_spec(LayerNormSpec{2, 20000, 1e-6f});
  EXPECT_NE(refusal(norm, "cuda/layer_norm(threads=64,unroll_blocks=1,staged=1)"), "none");
  EXPECT_NE(refusal(norm, "cuda/layer_norm(threads=64,unroll_blocks=7,staged=0)"), "none");
  const OpSpec attention = op_spec(AttentionSpec{1, 197, 1, 64, 0.125f});
  EXPECT_EQ(refusal(attention, "cuda/attention(threads_i=4,m_r=2,d_c=8,j_c=32)"), "none");
  EXPECT_NE(refusal(attention, "cuda/attention(threads_i=4,m_r=8,d_c=8,j_c=32)"), "none");
  EXPECT_NE(refusal(attention, "cuda/attention(threads_i=4,m_r=2,d_c=7,j_c=32)"), "none");
  EXPECT_NE(refusal(attention, "cuda/attention(threads_i=16,m_r=4,d_c=8,j_c=32)"), "none");
  const OpSpec patches = op_spec(PatchEmbedSpec{.batch = 1, .n = 48});
  const std::string block =
      "cuda/patch_embed(threads_j=32,threads_i=8,m_r=2,n_r=1,k_c=32,unroll_k=4,";
  EXPECT_EQ(refusal(patches, block + "grid_c=8)"), "none");
  EXPECT_NE(refusal(patches, block + "grid_c=5)"), "none");
}

TEST(GpuBlock, HasThreadsForEveryMultiprocessor) {
  const Machine& machine = find_machine("cuda_sm80");  // 108 of them, warps of 32
  EXPECT_EQ(threads_for_grid(1 << 20, machine), 256);
  EXPECT_EQ(threads_for_grid(108 * 128, machine), 128);
  EXPECT_EQ(threads_for_grid(1, machine), 32);
  EXPECT_EQ(threads_for_block(1, machine), 32);
  EXPECT_EQ(threads_for_block(33, machine), 64);
  EXPECT_EQ(threads_for_block(100000, machine), 256);
  EXPECT_EQ(largest_divisor(196, 8), 7);
  EXPECT_EQ(largest_divisor(13, 8), 1);
}

}  // namespace
}  // namespace vitgen
