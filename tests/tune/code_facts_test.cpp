// What the object files of known kernels tell without running them.

#include "tools/tune/code_facts.h"

#include <gtest/gtest.h>

#include "generators/base/file.h"
#include "generators/base/temp_dir.h"
#include "generators/ops/attention.h"
#include "generators/ops/linear.h"
#include "generators/ops/patch_embed.h"
#include "generators/ops/pool.h"
#include "schedules/cpu/linear.h"
#include "tools/emit/kernel.h"

namespace vitgen {
namespace {

const Machine& avx2() { return find_machine("cpu_avx2"); }
constexpr std::string_view kCpu = "znver3";

CodeFacts facts_of(const OpSpec& spec, const Choice& choice, const Machine& machine = avx2(),
                   std::string_view cpu = kCpu) {
  const TempDir folder(temporary_directory());
  const std::string object = folder.path() + "/kernel.o";
  compile_kernel({.spec = spec,
                  .machine = std::string(machine.name),
                  .choice = choice,
                  .features = {},
                  .instructions = {}},
                 {.object = object, .assembly = {}, .stmt = {}});
  return code_facts(read_whole(object, 1 << 24), cpu);
}

OpSpec linear(Activation activation) {
  return op_spec(LinearSpec{.rows = 24,
                            .k = 64,
                            .n = 96,
                            .panel = 48,
                            .epilogue = {.bias = true, .activation = activation}});
}

Choice tile(int m_r, int n_r, int unroll_k) {
  return {"cpu/linear", to_fields(TileKnobs{.m_r = m_r, .n_r = n_r, .unroll_k = unroll_k})};
}

TEST(CodeFacts, TheTilesLoopOfALinearHasItsFmasAndNothingThatSpoilsIt) {
  for (const Activation activation : {Activation::none, Activation::gelu_erf}) {
    const CodeFacts facts = facts_of(linear(activation), tile(6, 16, 4));
    EXPECT_EQ(facts.loops, 1);
    EXPECT_EQ(facts.fmas, 6 * 2 * 4);  // rows, vectors, steps of k
    EXPECT_EQ(facts.flops, 6 * 16 * 4 * 2.0);
    EXPECT_EQ(facts.vector_bits, 256);
    EXPECT_EQ(facts.spills, 0);
    EXPECT_EQ(facts.calls, 0);
    // Two multiply-adds of 8 lanes per cycle are the limit.
    EXPECT_GT(facts.flops_per_cycle, 0.7 * 32);
    EXPECT_LE(facts.flops_per_cycle, 32);
    EXPECT_EQ(code_fault(facts, true, 256), "");
  }
}

struct Row {
  const char* machine;
  const char* cpu;
};

// Fallback computes one output at a time, so a loop of vectors does as many times more per cycle
// and per instruction as a vector has lanes.
TEST(CodeFacts, ATunedLoopTakesFewerCyclesAndInstructionsThanFallbackByItsLanes) {
  const OpSpec patches = op_spec(PatchEmbedSpec{.batch = 1,
                                                .channels = 3,
                                                .height = 64,
                                                .width = 128,
                                                .patch_h = 16,
                                                .patch_w = 16,
                                                .n = 96,
                                                .panel = 48});
  const OpSpec attention = op_spec(AttentionSpec{1, 50, 2, 64, 0.125f});
  for (const auto& [name, cpu] : {Row{"cpu_avx2", "znver3"}, {"cpu_avx512", "skylake-avx512"}}) {
    const Machine& machine = find_machine(name);
    const int lanes = machine.lanes(DType::f32);
    for (const OpSpec& spec : {linear(Activation::none), patches, attention}) {
      SCOPED_TRACE(spec.text() + " for " + name);
      const CodeFacts slow = facts_of(spec, {"fallback", {}}, machine, cpu);
      const CodeFacts fast = facts_of(spec, choose_default(spec, machine), machine, cpu);
      ASSERT_GT(slow.flops, 0);
      ASSERT_GT(slow.mca_cycles, 0);
      EXPECT_LT(fast.mca_cycles / fast.flops, slow.mca_cycles / slow.flops / lanes);
      EXPECT_LT(fast.instructions / fast.flops, slow.instructions / slow.flops / lanes);
      EXPECT_EQ(code_fault(slow, true, 8 * machine.vector_bytes), "no FMA in a loop");
      EXPECT_EQ(code_fault(fast, true, 8 * machine.vector_bytes), "");
    }
  }
}

TEST(CodeFacts, BothProductsOfAttentionAreSeen) {
  const OpSpec spec = op_spec(AttentionSpec{1, 50, 2, 64, 0.125f});
  const CodeFacts facts = facts_of(spec, choose_default(spec, avx2()));
  EXPECT_GE(facts.loops, 2);
  EXPECT_GT(facts.fmas, 16);
  EXPECT_GT(facts.flops_per_cycle, 8);
}

TEST(CodeFacts, ATileWithMoreSumsThanRegistersIsSeenToSpill) {
  const CodeFacts facts = facts_of(linear(Activation::none), tile(12, 24, 1));
  EXPECT_GT(facts.spills, 0);
  EXPECT_NE(code_fault(facts, true, 256).find("spills"), std::string::npos);
}

TEST(CodeFacts, NarrowVectorsAreSeen) {
  const CodeFacts facts = facts_of(linear(Activation::none), tile(6, 16, 4));
  EXPECT_NE(code_fault(facts, true, 512), "");
}

TEST(CodeFacts, AKernelWithoutProductsHasAHotLoopToo) {
  const OpSpec spec = op_spec(PoolSpec{1, 64, 1, 192, Pooling::mean});
  const CodeFacts facts = facts_of(spec, choose_default(spec, avx2()));
  EXPECT_EQ(facts.loops, 1);
  EXPECT_GT(facts.instructions, 0);
  EXPECT_EQ(code_fault(facts, false, 256), "");
}

TEST(CodeFacts, WiderRegistersDoTwiceTheWorkPerIteration) {
  const Machine& wide = find_machine("cpu_avx512");
  const CodeFacts facts =
      facts_of(linear(Activation::none), tile(8, 48, 4), wide, "skylake-avx512");
  EXPECT_EQ(facts.vector_bits, 512);
  EXPECT_EQ(facts.fmas, 8 * 3 * 4);
  EXPECT_EQ(facts.spills, 0);
  EXPECT_GT(facts.flops_per_cycle, 32);
}

TEST(CodeFacts, BytesThatAreNoObjectAreAnError) {
  try {
    code_facts("no object", kCpu);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "CODE_FACTS");
  }
}

TEST(CodeFacts, OfAGpuAreAFaultWhereRegistersSpillOrProductsWait) {
  CodeFacts facts;
  facts.registers = 255;
  EXPECT_EQ(code_fault(facts, false, 0), "");
  facts.loses_speed = true;
  EXPECT_EQ(code_fault(facts, false, 0), "products wait for one another, as the assembler says");
  facts.spilled_bytes = 12;
  EXPECT_EQ(code_fault(facts, false, 0), "12 bytes of spilled registers a thread, which has 255");
}

}  // namespace
}  // namespace vitgen
