// The code of the kernels on tensor cores: what the assembler says of it for every tile that a rule
// may choose. Its numbers are in tests/schedules/tensor_cores_test.cpp.

#include <gtest/gtest.h>

#include "schedules/microkernels/tensor_attention.h"
#include "schedules/microkernels/tensor_product.h"
#include "schedules/microkernels/warpgroup_product.h"
#include "tests/microkernels/assembler/assembler.h"

namespace vitgen::microkernels {
namespace {

// CUDA C++ Programming Guide, 16.2 (Technical Specifications per Compute Capability).
constexpr int kRegisters = 65536;      // of a multiprocessor
constexpr int kSharedOfSystem = 1024;  // that each block costs besides

struct SharedMemory {
  int of_block;
  int of_multiprocessor;
};
constexpr SharedMemory kAmpere{163 * 1024, 164 * 1024};
constexpr SharedMemory kHopper{227 * 1024, 228 * 1024};

void expect_to_fit(int shared_bytes, int blocks, const SharedMemory& memory) {
  EXPECT_LE(shared_bytes, memory.of_block);
  EXPECT_LE((shared_bytes + kSharedOfSystem) * blocks, memory.of_multiprocessor);
}

/// Without spills, and with registers for `blocks` blocks.
void expect_to_assemble(const DeviceCode& code, int blocks, const std::string& architecture) {
  const std::vector<AssemblerReport> reports = assemble(code.ptx, architecture);
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].stack_bytes, 0);
  EXPECT_EQ(reports[0].spill_bytes, 0);
  EXPECT_GT(reports[0].registers, 0);
  EXPECT_LE(reports[0].registers * static_cast<int>(code.threads) * blocks, kRegisters);
}

int count(const std::string& text, const std::string& word) {
  int found = 0;
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++found;
  return found;
}

class TensorProductCode : public ::testing::TestWithParam<TensorTile> {};
INSTANTIATE_TEST_SUITE_P(Tiles, TensorProductCode, ::testing::ValuesIn(kTensorTiles));

TensorProduct without_statistics() {
  return {.rows = 197,
          .k = 776,  // no whole number of block_k
          .n = 3080,
          .element = Element::bf16,
          .bias = true,
          .activation = DeviceActivation::gelu_erf,
          .residual = true};
}

TensorProduct with_everything() {
  TensorProduct product = without_statistics();
  product.normalized = true;
  product.eps = 1e-6f;
  product.statistics = true;
  return product;
}

TEST_P(TensorProductCode, AssemblesWithoutSpillsWithinItsRegisters) {
  if (!has_assembler()) GTEST_SKIP() << "not run: there is no ptxas";
  for (const TensorProduct& product : {without_statistics(), with_everything()}) {
    const DeviceCode code = tensor_product(product, GetParam());
    for (const std::string architecture : {"sm_80", "sm_90a"}) {
      expect_to_assemble(code, GetParam().blocks, architecture);
    }
  }
}

TEST_P(TensorProductCode, FitsIntoSharedMemoryAsOftenAsItSays) {
  ASSERT_TRUE(is_legal(GetParam()));
  expect_to_fit(shared_bytes(GetParam()), GetParam().blocks, kAmpere);
}

TEST_P(TensorProductCode, MultipliesOnceForEachSumAndLoadsFourMatricesAtATime) {
  const TensorTile& tile = GetParam();
  const std::string ptx = tensor_product(with_everything(), tile).ptx;
  const int depths = tile.block_k / 16;
  const int high = tile.block_m / tile.warps_m / 16;
  const int wide = tile.block_n / tile.warps_n / 8;
  EXPECT_EQ(count(ptx, "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32"),
            depths * high * wide);
  EXPECT_EQ(count(ptx, "ldmatrix.sync.aligned.m8n8.x4"), depths * (high + wide / 2));
  EXPECT_EQ(count(ptx, "ld.shared") + count(ptx, "st.shared"), 0);
  EXPECT_EQ(count(ptx, "st.global.v4"), high * 2 * (wide / 4));
}

TEST(TensorTile, ThatDoesNotFitAWarpIsIllegal) {
  EXPECT_TRUE(is_legal(TensorTile{}));
  EXPECT_FALSE(is_legal(TensorTile{.block_m = 24}));
  EXPECT_FALSE(is_legal(TensorTile{.block_n = 16, .warps_n = 1}));
  EXPECT_FALSE(is_legal(TensorTile{.block_k = 16}));
  EXPECT_FALSE(is_legal(TensorTile{.block_m = 16, .warps_m = 1, .warps_n = 4}));  // 32 rows at once
  EXPECT_FALSE(is_legal(TensorTile{.stages = 1}));
  EXPECT_FALSE(is_legal(TensorTile{.warps_m = 0}));
}

class WarpgroupProductCode : public ::testing::TestWithParam<WarpgroupTile> {};
INSTANTIATE_TEST_SUITE_P(Tiles, WarpgroupProductCode, ::testing::ValuesIn(kWarpgroupTiles));

TEST_P(WarpgroupProductCode, AssemblesWithoutSpillsWithinItsRegisters) {
  if (!has_assembler()) GTEST_SKIP() << "not run: there is no ptxas";
  for (const TensorProduct& product : {without_statistics(), with_everything()}) {
    const DeviceCode code = warpgroup_product(product, GetParam());
    expect_to_assemble(code, GetParam().blocks, "sm_90a");
  }
}

TEST_P(WarpgroupProductCode, FitsIntoSharedMemoryAsOftenAsItSays) {
  ASSERT_TRUE(is_legal(GetParam()));
  expect_to_fit(shared_bytes(GetParam()), GetParam().blocks, kHopper);
}

TEST(WarpgroupTile, ThatDoesNotFitAWarpgroupIsIllegal) {
  EXPECT_TRUE(is_legal(WarpgroupTile{}));
  EXPECT_FALSE(is_legal(WarpgroupTile{.block_m = 96}));
  EXPECT_FALSE(is_legal(WarpgroupTile{.block_n = 264}));
  EXPECT_FALSE(is_legal(WarpgroupTile{.block_n = 16}));
  EXPECT_FALSE(is_legal(WarpgroupTile{.stages = 1}));
}

struct AttentionCase {
  int head_size;
  AttentionTile tile;
};

class TensorAttentionCode : public ::testing::TestWithParam<AttentionCase> {};
INSTANTIATE_TEST_SUITE_P(Heads, TensorAttentionCode,
                         ::testing::Values(AttentionCase{24, {4, 64, 3}},
                                           AttentionCase{64, {4, 64, 3}},
                                           AttentionCase{64, {1, 64, 3}},
                                           AttentionCase{80, {4, 32, 2}},
                                           AttentionCase{128, {4, 32, 2}}));

TEST_P(TensorAttentionCode, AssemblesWithoutSpillsWithinItsRegisters) {
  if (!has_assembler()) GTEST_SKIP() << "not run: there is no ptxas";
  const TensorAttention attention{.tokens = 197, .head_size = GetParam().head_size};
  const DeviceCode code = tensor_attention(attention, GetParam().tile);
  for (const std::string architecture : {"sm_80", "sm_90a"}) {
    expect_to_assemble(code, GetParam().tile.blocks, architecture);
  }
  expect_to_fit(static_cast<int>(code.shared_bytes), GetParam().tile.blocks, kAmpere);
}

TEST(TensorAttentionCode, KeepsScoresInRegisters) {
  const std::string ptx = tensor_attention({.tokens = 577}, {}).ptx;
  EXPECT_EQ(count(ptx, "st.shared") + count(ptx, ".local"), 0);
  EXPECT_EQ(count(ptx, "st.global"), 2 * 64 / 8);  // of the output: two rows of a lane
}

}  // namespace
}  // namespace vitgen::microkernels
