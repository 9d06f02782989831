// The code of the kernels on tensor cores: what the assembler says of it for every tile that a rule
// may choose. Its numbers are in tests/schedules/tensor_cores_test.cpp.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schedules/microkernels/bulk_product.h"
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
  EXPECT_EQ(reports[0].losses, "");
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

TEST_P(WarpgroupProductCode, KeepsAGroupOfProductsInFlight) {
  const std::string ptx = warpgroup_product(with_everything(), GetParam()).ptx;
  EXPECT_EQ(count(ptx, "wgmma.mma_async"), 4);
  EXPECT_EQ(count(ptx, "wgmma.wait_group.sync.aligned 1;"), 1);
  EXPECT_EQ(count(ptx, "wgmma.wait_group.sync.aligned 0;"), 1);
}

TEST(WarpgroupProductCode, ThatTouchesASumInFlightIsReported) {
  if (!has_assembler()) GTEST_SKIP() << "not run: there is no ptxas";
  std::string ptx = warpgroup_product(with_everything(), {64, 32, 4, 4}).ptx;
  const std::size_t sums = ptx.find('{', ptx.find("wgmma.mma_async")) + 1;
  const std::string sum = ptx.substr(sums, ptx.find(',', sums) - sums);
  ptx.insert(ptx.find("wgmma.wait_group.sync.aligned 1;"), "neg.f32 " + sum + ", " + sum + ";\n");
  EXPECT_THAT(assemble(ptx, "sm_90a").at(0).losses, ::testing::HasSubstr("(C7517)"));
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
  EXPECT_FALSE(is_legal(WarpgroupTile{.stages = 2}));
}

class BulkProductCode : public ::testing::TestWithParam<BulkTile> {};
INSTANTIATE_TEST_SUITE_P(Tiles, BulkProductCode, ::testing::ValuesIn(kBulkTiles));

constexpr int kMultiprocessors = 132;

TEST_P(BulkProductCode, AssemblesWithoutSpillsWithinItsRegisters) {
  if (!has_assembler()) GTEST_SKIP() << "not run: there is no ptxas";
  // With statistics of rows rules leave some tiles out: tests/schedules/linear_statistics_test.cpp.
  const DeviceCode code = bulk_product(without_statistics(), GetParam(), kMultiprocessors);
  expect_to_assemble(code, GetParam().blocks, "sm_90a");
}

TEST_P(BulkProductCode, FitsIntoSharedMemoryAsOftenAsItSays) {
  ASSERT_TRUE(is_legal(GetParam()));
  expect_to_fit(shared_bytes(GetParam()), GetParam().blocks, kHopper);
}

TEST_P(BulkProductCode, MovesNoFactorThroughRegisters) {
  const DeviceCode code = bulk_product(with_everything(), GetParam(), kMultiprocessors);
  EXPECT_EQ(count(code.ptx, "wgmma.mma_async"), GetParam().block_m == 192 ? 8 : 4);
  EXPECT_EQ(count(code.ptx, "cp.async.bulk.tensor.2d"), 1);
  EXPECT_EQ(count(code.ptx, "cp.async.bulk.tensor.3d"), 4);
  EXPECT_EQ(count(code.ptx, "ld.shared") + count(code.ptx, "st.shared"), 0);
  EXPECT_EQ(count(code.ptx, "bar.sync"), 1);
  EXPECT_EQ(count(code.ptx, ".param .align 64 .b8"), 2);
}

TEST(BulkProductCode, MovesRegistersWhereThreeWarpgroupsMultiply) {
  const BulkTile tile{192, 256, 4, 1};
  std::string ptx = bulk_product(with_everything(), tile, kMultiprocessors).ptx;
  EXPECT_EQ(count(ptx, "setmaxnreg.inc.sync.aligned.u32 160;"), 1);
  EXPECT_EQ(count(ptx, "setmaxnreg.dec.sync.aligned.u32 32;"), 1);
  EXPECT_EQ(160 * 3 * 128 + 32 * 128, kRegisters);
  EXPECT_EQ(count(bulk_product(with_everything(), BulkTile{}, 1).ptx, "setmaxnreg"), 0);
  if (!has_assembler()) GTEST_SKIP() << "text only: there is no ptxas";
  ptx.erase(ptx.find(".maxntid"), std::string(".maxntid 512, 1, 1").size());
  ptx.erase(ptx.find(".minnctapersm"), std::string(".minnctapersm 1").size());
  EXPECT_THAT(assemble(ptx, "sm_90a").at(0).losses, ::testing::HasSubstr("(C7508)"));
}

TEST(BulkProductCode, HasABlockForEachTileUpToWhatMultiprocessorsHold) {
  const auto blocks = [](int rows, int n, const BulkTile& tile) {
    return bulk_product({.rows = rows, .n = n}, tile, kMultiprocessors).blocks;
  };
  EXPECT_EQ(blocks(130, 520, {128, 256, 4, 1}), 2u * 3);
  EXPECT_EQ(blocks(197 * 256, 768, {128, 256, 4, 1}), 132u);
  EXPECT_EQ(blocks(197 * 256, 768, {128, 128, 3, 2}), 264u);
}

TEST(BulkProductCode, MapsTheRowsOfBothFactors) {
  const DeviceCode code = bulk_product({.rows = 130, .k = 72, .n = 520}, {128, 256, 4, 1}, 1);
  const TensorMap rows{.axes = {{72, 2, 64}, {130, 144, 128}}};
  const TensorMap columns{.axes = {{72, 2, 64}, {8, 144, 2}, {65, 8 * 144, 32}}};
  EXPECT_EQ(code.maps, (std::vector{rows, columns}));
}

TEST(BulkTile, ThatDoesNotFitAWarpgroupOrABoxIsIllegal) {
  EXPECT_TRUE(is_legal(BulkTile{}));
  EXPECT_FALSE(is_legal(BulkTile{.block_m = 96}));
  EXPECT_FALSE(is_legal(BulkTile{.block_m = 256}));
  EXPECT_FALSE(
      is_legal(BulkTile{.block_m = 192, .blocks = 2}));  // registers of those that multiply
  EXPECT_FALSE(is_legal(BulkTile{.block_n = 264}));
  EXPECT_FALSE(is_legal(BulkTile{.block_n = 16}));
  EXPECT_FALSE(is_legal(BulkTile{.stages = 1}));
  EXPECT_TRUE(has_bulk_product({.n = 1000}));
  EXPECT_FALSE(has_bulk_product({.n = 1001}));
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
