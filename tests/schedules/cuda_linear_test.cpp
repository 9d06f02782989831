// The code of the CUDA schedule: what it keeps where, and what the assembler says of it. Its
// numbers are checked under OpenCL by every_gpu_kernel_test.cpp.

#include "schedules/cuda/linear.h"

#include <gtest/gtest.h>

#include "schedules/rule.h"
#include "tests/microkernels/assembler/assembler.h"
#include "tests/schedules/device_code.h"

namespace vitgen {
namespace {

struct Compiled {
  BlockKnobs knobs;
  std::string text;  ///< PTX
};

Compiled compile(const LinearSpec& linear, const Machine& machine) {
  const OpSpec spec = op_spec(linear);
  const Choice choice = choose_default(spec, machine);
  EXPECT_EQ(choice.rule, CudaLinear::name);
  return {from_fields<BlockKnobs>(choice.knobs), device_code(spec, machine, choice).ptx};
}

int count(const std::string& text, const std::string& word) {
  int found = 0;
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++found;
  return found;
}

class CudaLinearCode : public ::testing::TestWithParam<LinearSpec> {};

// Layers of ViT-B/16, batch 1 and 8, its classifier, and a shape with tails everywhere.
INSTANTIATE_TEST_SUITE_P(
    Shapes, CudaLinearCode,
    ::testing::Values(LinearSpec{197, 768, 3072, 48, {true, Activation::gelu_erf, false}},
                      LinearSpec{197, 3072, 768, 48, {true, Activation::none, true}},
                      LinearSpec{1576, 768, 2304, 48, {}}, LinearSpec{1, 768, 1000, 16, {}},
                      LinearSpec{5, 19, 33, 48, {}}));

TEST_P(CudaLinearCode, StagesTilesInSharedMemoryAndKeepsSumsInRegisters) {
  for (const std::string_view row : {"cuda_sm80", "cuda_sm90"}) {
    const Compiled code = compile(GetParam(), find_machine(row));
    EXPECT_GT(count(code.text, "st.shared"), 0);
    EXPECT_GT(count(code.text, "ld.shared"), 0);
    EXPECT_GE(count(code.text, "bar.sync"), 2);  // before and after the products of a tile
    EXPECT_EQ(count(code.text, ".local"), 0);
    EXPECT_GE(count(code.text, "fma.rn.f32"),
              code.knobs.m_r * code.knobs.n_r * code.knobs.unroll_k);
    EXPECT_EQ(count(code.text, ".entry"), 1);
  }
}

TEST_P(CudaLinearCode, AssemblesWithoutSpillsWithinItsRegisters) {
  if (!has_assembler()) GTEST_SKIP() << "not run: there is no ptxas";
  const Machine& machine = find_machine("cuda_sm80");
  const Compiled code = compile(GetParam(), machine);
  for (const std::string arch : {"sm_80", "sm_90a"}) {
    const std::vector<AssemblerReport> reports = assemble(code.text, arch);
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].stack_bytes, 0);
    EXPECT_EQ(reports[0].spill_bytes, 0);
    EXPECT_GT(reports[0].registers, 0);
    EXPECT_LE(reports[0].registers, register_budget(machine, code.knobs));
  }
}

TEST(CudaLinear, LeavesRegistersForTwoBlocksOnAMultiprocessor) {
  EXPECT_EQ(register_budget(find_machine("cuda_sm80"), {.threads_j = 32, .threads_i = 8}), 128);
}

// Whatever the row says: the defaults are legal, or the rule is passed over.
TEST(CudaLinear, DefaultsObeyTheRuleOnEveryRow) {
  const RuleEntry rule = rule_entry<CudaLinear>();
  for (const int warp : {1, 2, 3, 8, 24, 32, 64, 128, 256, 512}) {
    for (const int block_threads : {16, 64, 256, 1000, 1024}) {
      Machine machine = find_machine("cuda_sm80");
      machine.warp = warp;
      machine.block_threads = block_threads;
      for (const int size : {1, 64, 4096}) {
        const OpSpec spec = op_spec(LinearSpec{size, 64, size, 16, {}});
        const auto knobs = rule.defaults(spec, machine);
        if (!knobs) continue;
        EXPECT_NO_THROW(rule.build(spec, machine, *knobs))
            << "warp " << warp << ", " << block_threads << " threads: " << knobs->text();
      }
    }
  }
}

TEST(CudaLinear, ServesWarpsOf64) {
  Machine machine = find_machine("cuda_sm80");
  machine.warp = 64;
  EXPECT_TRUE(CudaLinear::defaults({1, 64, 1000, 16, {}}, machine));
  EXPECT_TRUE(CudaLinear::defaults({197, 768, 3072, 48, {}}, machine));
}

TEST(CudaLinear, MakesSmallerTilesForMoreMultiprocessors) {
  const LinearSpec spec{197, 768, 768, 48, {}};
  Machine machine = find_machine("cuda_sm80");
  machine.multiprocessors = 1;
  const auto few = CudaLinear::defaults(spec, machine);
  machine.multiprocessors = 200;
  const auto many = CudaLinear::defaults(spec, machine);
  ASSERT_TRUE(few && many);
  EXPECT_GT(few->m_r * few->n_r, many->m_r * many->n_r);
}

TEST(CudaLinear, RefusesKnobsThatDoNotFit) {
  const LinearSpec spec{64, 64, 64, 16, {}};
  const Machine& machine = find_machine("cuda_sm80");
  const auto build_with = [&](const BlockKnobs& knobs) {
    return build(op_spec(spec), machine, {std::string(CudaLinear::name), to_fields(knobs)});
  };
  EXPECT_THROW(build_with({.threads_j = 64, .threads_i = 32}), Error);  // 2048 threads
  EXPECT_THROW(build_with({.threads_j = 8, .threads_i = 3}), Error);    // parts of a warp
  EXPECT_THROW(build_with({.m_r = 16, .n_r = 16}), Error);              // registers
  EXPECT_THROW(build_with({.m_r = 8, .n_r = 8, .k_c = 64}), Error);     // shared memory
  EXPECT_THROW(build_with({.k_c = 32, .unroll_k = 5}), Error);
}

}  // namespace
}  // namespace vitgen
