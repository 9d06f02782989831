// The code of products on tensor cores: what the assembler says of it for every tile that the rule
// may choose. Its numbers are in tensor_product_test.cpp.

#include <gtest/gtest.h>

#include "schedules/microkernels/tensor_product.h"
#include "tests/microkernels/assembler.h"

namespace vitgen::microkernels {
namespace {

// NVIDIA's CUDA C++ Programming Guide, "Technical Specifications per Compute Capability", 8.0.
constexpr int kRegisters = 65536;           // of a multiprocessor
constexpr int kSharedOfBlock = 163 * 1024;  // at most
constexpr int kSharedOfAll = 164 * 1024;    // of a multiprocessor
constexpr int kSharedOfSystem = 1024;       // that each block costs besides

int count(const std::string& text, const std::string& word) {
  int found = 0;
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++found;
  return found;
}

class TensorProductCode : public ::testing::TestWithParam<TensorTile> {};
INSTANTIATE_TEST_SUITE_P(Tiles, TensorProductCode, ::testing::ValuesIn(kTensorTiles));

TensorProduct with_everything() {
  return {.rows = 197,
          .k = 776,  // no whole number of block_k
          .n = 3080,
          .element = Element::bf16,
          .bias = true,
          .activation = DeviceActivation::gelu_erf,
          .residual = true};
}

TEST_P(TensorProductCode, AssemblesWithoutSpillsWithinItsRegisters) {
  if (!has_assembler()) GTEST_SKIP() << "not run: there is no ptxas";
  const DeviceCode code = tensor_product(with_everything(), GetParam());
  for (const std::string architecture : {"sm_80", "sm_90a"}) {
    const AssemblerReport report = assemble(code.ptx, architecture);
    ASSERT_TRUE(report.assembled) << report.text;
    EXPECT_EQ(report.spilled_bytes, 0) << report.text;
    EXPECT_LE(report.registers * threads_of(GetParam()) * GetParam().blocks, kRegisters);
  }
}

TEST_P(TensorProductCode, FitsIntoSharedMemoryAsOftenAsItSays) {
  ASSERT_TRUE(is_legal(GetParam()));
  EXPECT_LE(shared_bytes(GetParam()), kSharedOfBlock);
  EXPECT_LE((shared_bytes(GetParam()) + kSharedOfSystem) * GetParam().blocks, kSharedOfAll);
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
  EXPECT_TRUE(is_legal({}));
  EXPECT_FALSE(is_legal({.block_m = 24}));
  EXPECT_FALSE(is_legal({.block_n = 16, .warps_n = 1}));
  EXPECT_FALSE(is_legal({.block_k = 16}));
  EXPECT_FALSE(is_legal({.block_m = 16, .warps_m = 1, .warps_n = 4}));  // 32 rows at once
  EXPECT_FALSE(is_legal({.stages = 1}));
  EXPECT_FALSE(is_legal({.warps_m = 0}));
}

}  // namespace
}  // namespace vitgen::microkernels
