// The rules for tensor cores: their device code runs on the emulated GPU and is compared with the
// reference, whose bounds are those of sums in any order.

#include <gtest/gtest.h>

#include "schedules/cuda/attention_tensor.h"
#include "schedules/cuda/linear_tensor.h"
#include "schedules/cuda/linear_warpgroup.h"
#include "schedules/cuda/linear_warpgroup_bulk.h"
#include "schedules/rule.h"
#include "tests/schedules/kernel_runner.h"

namespace vitgen {
namespace {

template <class Rule>
void expect_right(const typename Rule::Spec& spec, const Machine& machine,
                  const typename Rule::Knobs& knobs, std::int64_t samples = 0) {
  const OpSpec op = op_spec(spec);
  SCOPED_TRACE(op.text() + " by " + to_fields(knobs).text());
  const DeviceKernel kernel = Rule::device_kernel(spec, machine, knobs);
  for (const Fill fill : {Fill::normal, Fill::integers}) {
    KernelRunner runner(op, fill, 1, true);
    expect_matches_reference(runner, runner.run(kernel), samples);
  }
}

LinearSpec linear(int rows, int k, int n, DType storage, Epilogue epilogue = {}) {
  return {.rows = rows, .k = k, .n = n, .panel = 1, .epilogue = epilogue, .storage = storage};
}

const Machine& ampere() { return find_machine("cuda_sm80"); }
const Machine& hopper() { return find_machine("cuda_sm90"); }

class EveryTensorTile : public ::testing::TestWithParam<microkernels::TensorTile> {};
INSTANTIATE_TEST_SUITE_P(Tiles, EveryTensorTile, ::testing::ValuesIn(microkernels::kTensorTiles));

// Less and more than a block of rows and of columns; terms for less than the stages of the ring,
// and for more with a last step that is not whole.
TEST_P(EveryTensorTile, IsRightAroundItsEdges) {
  const microkernels::TensorTile& tile = GetParam();
  const CudaLinearTensor::Knobs knobs{tile};
  const auto check = [&](const LinearSpec& spec) {
    expect_right<CudaLinearTensor>(spec, ampere(), knobs);
  };
  const Epilogue all{.bias = true, .activation = Activation::gelu_erf, .residual = true};
  check(linear(tile.block_m - 1, 8, tile.block_n - 8, DType::f16, all));
  check(linear(tile.block_m, tile.block_k, tile.block_n, DType::bf16));
  check(
      linear(tile.block_m + 1, tile.stages * tile.block_k + 24, tile.block_n + 1, DType::f16, all));
}

class EveryActivation : public ::testing::TestWithParam<std::string_view> {};
INSTANTIATE_TEST_SUITE_P(Names, EveryActivation, ::testing::ValuesIn(enum_names(Activation{})),
                         [](const auto& each) { return std::string(each.param); });

TEST_P(EveryActivation, IsRightInEveryTypeWithAndWithoutTheRest) {
  const auto activation = parse_enum<Activation>(GetParam(), "activation");
  for (const DType storage : {DType::f16, DType::bf16}) {
    for (const bool f32_output : {false, true}) {
      for (const bool rest : {false, true}) {
        LinearSpec spec = linear(18, 24, rest ? 40 : 33, storage, {rest, activation, rest});
        spec.f32_output = f32_output;
        const auto knobs = CudaLinearTensor::defaults(spec, ampere());
        ASSERT_TRUE(knobs);
        expect_right<CudaLinearTensor>(spec, ampere(), *knobs);
      }
    }
  }
}

class EveryWarpgroupTile : public ::testing::TestWithParam<microkernels::WarpgroupTile> {};
INSTANTIATE_TEST_SUITE_P(Tiles, EveryWarpgroupTile,
                         ::testing::ValuesIn(microkernels::kWarpgroupTiles));

TEST_P(EveryWarpgroupTile, IsRightAroundItsEdges) {
  const microkernels::WarpgroupTile& tile = GetParam();
  const auto check = [&](const LinearSpec& spec) {
    expect_right<CudaLinearWarpgroup>(spec, hopper(), {tile});
  };
  const Epilogue all{.bias = true, .activation = Activation::gelu_erf, .residual = true};
  check(linear(tile.block_m - 1, 8, tile.block_n - 8, DType::f16, all));
  check(linear(tile.block_m, 64, tile.block_n, DType::bf16));
  check(linear(tile.block_m + 1, tile.stages * 64 + 24, tile.block_n + 1, DType::bf16, all));
}

class EveryBulkTile : public ::testing::TestWithParam<microkernels::BulkTile> {};
INSTANTIATE_TEST_SUITE_P(Tiles, EveryBulkTile, ::testing::ValuesIn(microkernels::kBulkTiles));

TEST_P(EveryBulkTile, IsRightAroundItsEdges) {
  const microkernels::BulkTile& tile = GetParam();
  const auto check = [&](const LinearSpec& spec) {
    expect_right<CudaLinearWarpgroupBulk>(spec, hopper(), {tile});
  };
  const Epilogue all{.bias = true, .activation = Activation::gelu_erf, .residual = true};
  check(linear(1, 8, 8, DType::f16, all));
  check(linear(tile.block_m, 64, tile.block_n, DType::bf16));
  check(linear(tile.block_m + 1, tile.stages * 64 + 24, tile.block_n + 8, DType::bf16, all));
}

// Fewer blocks than tiles: each block goes round the ring from one tile to the next.
TEST(CudaLinearWarpgroupBulk, IsRightWhereABlockTakesSeveralTiles) {
  Machine small = hopper();
  small.multiprocessors = 2;
  const LinearSpec spec = linear(150, 88, 72, DType::f16, {.bias = true});
  const CudaLinearWarpgroupBulk::Knobs knobs{{64, 32, 3, 1}};
  EXPECT_EQ(CudaLinearWarpgroupBulk::device_kernel(spec, small, knobs).launches[0].grid[0], 2u);
  expect_right<CudaLinearWarpgroupBulk>(spec, small, knobs);
}

TEST(CudaLinearWarpgroupBulk, IsRightWithEveryOutputAndEpilogue) {
  for (const DType storage : {DType::f16, DType::bf16}) {
    for (const bool f32_output : {false, true}) {
      for (const bool rest : {false, true}) {
        LinearSpec spec = linear(18, 24, 40, storage, {rest, Activation::gelu_tanh, rest});
        spec.f32_output = f32_output;
        const auto knobs = CudaLinearWarpgroupBulk::defaults(spec, hopper());
        ASSERT_TRUE(knobs);
        expect_right<CudaLinearWarpgroupBulk>(spec, hopper(), *knobs);
      }
    }
  }
}

// The reference computes a row of scores for each output.
constexpr std::int64_t kOutputsOfAttention = 500;

TEST(CudaAttentionTensor, IsRightForTokensAroundItsBlocks) {
  const auto check = [](int tokens, const microkernels::AttentionTile& tile) {
    const AttentionSpec spec{.batch = 2,
                             .tokens = tokens,
                             .heads = 2,
                             .head_size = 32,
                             .scale = 0.2f,
                             .storage = DType::f16};
    expect_right<CudaAttentionTensor>(spec, ampere(), {tile}, kOutputsOfAttention);
  };
  for (const int tokens : {1, 7, 15, 16, 17, 31, 32, 33}) {
    check(tokens, {.warps = 1, .block_keys = 32, .blocks = 4});
  }
  for (const int tokens : {63, 64, 65, 128, 130}) {
    check(tokens, {.warps = 4, .block_keys = 64, .blocks = 2});
  }
}

TEST(CudaAttentionTensor, IsRightForEverySizeOfAHead) {
  for (const int head_size : {8, 16, 24, 40, 48, 64, 72, 80, 88, 120, 128}) {
    for (const DType storage : {DType::f16, DType::bf16}) {
      const AttentionSpec spec{.batch = 1,
                               .tokens = 35,
                               .heads = 2,
                               .head_size = head_size,
                               .scale = 0.125f,
                               .storage = storage};
      const auto knobs = CudaAttentionTensor::defaults(spec, ampere());
      ASSERT_TRUE(knobs) << head_size;
      expect_right<CudaAttentionTensor>(spec, ampere(), *knobs, kOutputsOfAttention);
    }
  }
}

TEST(CudaLinearTensor, MakesBlocksForAllMultiprocessorsOfFewRows) {
  const LinearSpec few = linear(197, 768, 768, DType::f16);
  const auto small = CudaLinearTensor::defaults(few, ampere());
  const auto large = CudaLinearTensor::defaults(linear(197 * 256, 768, 768, DType::f16), ampere());
  ASSERT_TRUE(small && large);
  EXPECT_EQ(large->tile.block_m, 128);
  EXPECT_EQ(large->tile.block_n, 128);
  const DeviceKernel kernel = CudaLinearTensor::device_kernel(few, ampere(), *small);
  EXPECT_GE(2 * kernel.launches.at(0).grid[0], static_cast<unsigned>(ampere().multiprocessors));
}

TEST(TensorCores, ServeEachMachineByItsBestRule) {
  const OpSpec layer = op_spec(linear(197, 768, 768, DType::bf16));
  EXPECT_EQ(choose_default(layer, ampere()).rule, CudaLinearTensor::name);
  EXPECT_EQ(choose_default(layer, hopper()).rule, CudaLinearWarpgroupBulk::name);
  const OpSpec odd = op_spec(linear(197, 768, 1001, DType::bf16));
  EXPECT_EQ(choose_default(odd, hopper()).rule, CudaLinearWarpgroup::name);
  const OpSpec attention = op_spec(AttentionSpec{.storage = DType::f16});
  for (const Machine* machine : {&ampere(), &hopper()}) {
    const Choice choice = choose_default(attention, *machine);
    EXPECT_EQ(choice.rule, CudaAttentionTensor::name);
    EXPECT_TRUE(device_kernel(attention, *machine, choice));
  }
}

// Cards of capability 8.6 and 8.9 run the row's PTX: 99 KiB for a block, where an A100 has 163
// (CUDA C++ Programming Guide, technical specifications per compute capability).
TEST(TensorCores, TakeNoMoreSharedMemoryForABlockOfAmpereThanItsSmallestCardHas) {
  constexpr int kSmallest = 99 * 1024;
  for (const microkernels::TensorTile& tile : microkernels::kTensorTiles) {
    EXPECT_LE(shared_bytes(tile), kSmallest) << tile.block_m << " x " << tile.block_n;
  }
  for (const int head_size : {8, 64, 80, 128}) {
    const AttentionSpec spec{.head_size = head_size, .storage = DType::f16};
    const auto space = CudaAttentionTensor::space(spec, ampere());
    EXPECT_FALSE(space.empty());
    for (const CudaAttentionTensor::Knobs& knobs : space) {
      EXPECT_LE(shared_bytes({.head_size = head_size}, knobs.tile), kSmallest) << head_size;
    }
  }
}

TEST(TensorCores, LeaveToOthersWhatTheyDoNotCompute) {
  EXPECT_FALSE(CudaLinearTensor::defaults(LinearSpec{}, ampere()));
  EXPECT_FALSE(CudaLinearTensor::defaults(linear(16, 12, 16, DType::f16), ampere()));
  EXPECT_FALSE(CudaLinearTensor::defaults(linear(16, 16, 16, DType::f16), find_machine("opencl")));
  EXPECT_FALSE(CudaLinearWarpgroup::defaults(linear(16, 16, 16, DType::f16), ampere()));
  EXPECT_FALSE(CudaLinearWarpgroupBulk::defaults(linear(16, 16, 16, DType::f16), ampere()));
  EXPECT_FALSE(CudaAttentionTensor::defaults(AttentionSpec{}, ampere()));
  const auto serves = [](int head_size, float scale) {
    const AttentionSpec spec{.head_size = head_size, .scale = scale, .storage = DType::f16};
    return CudaAttentionTensor::defaults(spec, ampere()).has_value();
  };
  EXPECT_TRUE(serves(128, 0.1f));
  EXPECT_FALSE(serves(136, 0.1f));
  EXPECT_FALSE(serves(20, 0.1f));
  EXPECT_FALSE(serves(64, -0.1f));
}

TEST(TensorCores, RefuseKnobsThatDoNotFit) {
  const LinearSpec layer = linear(64, 64, 64, DType::f16);
  const auto refused = [&](const microkernels::TensorTile& tile) {
    try {
      CudaLinearTensor::device_kernel(layer, ampere(), {tile});
    } catch (const Error& error) {
      return error.code() == "KNOBS_ILLEGAL";
    }
    return false;
  };
  EXPECT_TRUE(refused({.block_m = 24}));
  EXPECT_TRUE(refused({.stages = 12}));                 // shared memory
  EXPECT_TRUE(refused({.block_m = 256, .blocks = 1}));  // registers of a thread
  EXPECT_TRUE(refused({.blocks = 3}));                  // registers of all
  EXPECT_THROW(CudaLinearWarpgroup::device_kernel(layer, hopper(), {{.block_m = 96}}), Error);
  EXPECT_THROW(CudaLinearWarpgroupBulk::device_kernel(layer, hopper(), {{.block_n = 48}}), Error);
  EXPECT_THROW(CudaLinearWarpgroupBulk::device_kernel(layer, hopper(), {{.stages = 5}}), Error);
  const AttentionSpec attention{.storage = DType::f16};
  EXPECT_THROW(CudaAttentionTensor::device_kernel(attention, ampere(), {{.block_keys = 24}}),
               Error);
  EXPECT_THROW(CudaAttentionTensor::device_kernel(attention, ampere(), {{.block_keys = 1024}}),
               Error);
}

}  // namespace
}  // namespace vitgen
