// Linears that make or use statistics of rows: by the fallback, and by every tile of the rules for
// tensor cores on the emulated GPU.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "generators/weights/float_bits.h"
#include "schedules/cuda/linear_tensor.h"
#include "schedules/cuda/linear_warpgroup.h"
#include "schedules/cuda/linear_warpgroup_bulk.h"
#include "schedules/rule.h"
#include "tests/microkernels/assembler/assembler.h"
#include "tests/schedules/device_code.h"
#include "tests/schedules/kernel_runner.h"

namespace vitgen {
namespace {

const Machine& ampere() { return find_machine("cuda_sm80"); }
const Machine& hopper() { return find_machine("cuda_sm90"); }

LinearSpec linear(int rows, int k, int n, DType storage, Epilogue epilogue = {}) {
  return {.rows = rows, .k = k, .n = n, .panel = 1, .epilogue = epilogue, .storage = storage};
}

LinearSpec normalized(LinearSpec spec) {
  spec.normalized = true;
  spec.eps = 1e-6f;
  return spec;
}

LinearSpec with_statistics(LinearSpec spec) {
  spec.statistics = true;
  return spec;
}

/// What a kernel that normalises reads: rows, and sums and statistics that belong to them.
class NormalizedInput {
 public:
  explicit NormalizedInput(const LinearSpec& spec)
      : runner(op_spec(spec), Fill::integers, 1, true),
        spec_(spec),
        operands_(operands(spec)),
        rows_(static_cast<std::size_t>(spec.rows) * static_cast<std::size_t>(spec.k)) {}

  double& x(int i, int k) { return rows_[static_cast<std::size_t>(i * spec_.k + k)]; }
  double w(int j, int k) const { return runner.data({}).at(1, j * spec_.k + k); }
  double bias(int j) const { return runner.data({}).at(2, j); }

  /// Stores the rows, from here on as they are stored, and what follows from them.
  void store() {
    const std::vector<float> values(rows_.begin(), rows_.end());
    const std::vector<std::byte> bytes = stored_bytes(spec_.storage, values);
    std::memcpy(runner.values(0), bytes.data(), bytes.size());
    const OperandData data = runner.data({});
    for (std::size_t v = 0; v < rows_.size(); ++v) {
      rows_[v] = data.at(0, static_cast<std::int64_t>(v));
    }
    float* sums = runner.values(operand_position(operands_, "column_sums"));
    for (int j = 0; j < spec_.n; ++j) {
      double sum = 0;
      for (int k = 0; k < spec_.k; ++k) sum += w(j, k);
      sums[j] = static_cast<float>(sum);
    }
    float* statistics = runner.values(operand_position(operands_, "input_statistics"));
    for (int i = 0; i < spec_.rows; ++i) {
      for (int g = 0; g < statistics_groups(spec_.k); ++g) store_group(i, g, statistics);
    }
  }

  /// The linear of the LayerNorm of the rows.
  double exact(int i, int j) {
    const Moments row = moments(i, 0, spec_.k);
    const double inv_std = 1 / std::sqrt(row.squares / spec_.k + static_cast<double>(spec_.eps));
    double sum = bias(j);
    for (int k = 0; k < spec_.k; ++k) sum += (x(i, k) - row.mean) * inv_std * w(j, k);
    return sum;
  }

  KernelRunner runner;

 private:
  struct Moments {
    double mean = 0, squares = 0;
  };

  Moments moments(int i, int first, int count) {
    Moments found;
    for (int k = first; k < first + count; ++k) found.mean += x(i, k) / count;
    for (int k = first; k < first + count; ++k) {
      found.squares += (x(i, k) - found.mean) * (x(i, k) - found.mean);
    }
    return found;
  }

  void store_group(int i, int g, float* statistics) {
    const int first = g * kStatisticsGroup;
    const int count = std::min(kStatisticsGroup, spec_.k - first);
    const Moments group = moments(i, first, count);
    float* pair = statistics + 2 * (i * statistics_groups(spec_.k) + g);
    pair[0] = static_cast<float>(group.mean * count);
    pair[1] = static_cast<float>(group.squares);
  }

  LinearSpec spec_;
  std::vector<Operand> operands_;
  std::vector<double> rows_;
};

using Way = std::vector<float> (*)(KernelRunner& runner, const LinearSpec& spec);

template <class Rule>
std::vector<float> run_rule(KernelRunner& runner, const LinearSpec& spec, const Machine& machine) {
  const auto knobs = Rule::defaults(spec, machine);
  if (!knobs) throw std::runtime_error("no defaults for " + op_spec(spec).text());
  return runner.run(Rule::device_kernel(spec, machine, *knobs));
}

// The fallback and the schedule of a CPU, the fallback of a GPU, mma and wgmma with either copies.
const Way kWays[] = {
    [](KernelRunner& runner, const LinearSpec&) {
      return runner.run(host_machine(), {"fallback", {}});
    },
    [](KernelRunner& runner, const LinearSpec& spec) {
      return runner.run(host_machine(), choose_default(op_spec(spec), host_machine()));
    },
    [](KernelRunner& runner, const LinearSpec& spec) {
      return runner.run(device_code(op_spec(spec), ampere(), {"fallback", {}}));
    },
    [](KernelRunner& runner, const LinearSpec& spec) {
      return run_rule<CudaLinearTensor>(runner, spec, ampere());
    },
    [](KernelRunner& runner, const LinearSpec& spec) {
      return run_rule<CudaLinearWarpgroup>(runner, spec, hopper());
    },
    [](KernelRunner& runner, const LinearSpec& spec) {
      const bool serves = CudaLinearWarpgroupBulk::defaults(spec, hopper()).has_value();
      return serves ? run_rule<CudaLinearWarpgroupBulk>(runner, spec, hopper())
                    : run_rule<CudaLinearWarpgroup>(runner, spec, hopper());
    },
};

// Rows far from 0: up to 200 deviations, which f16 still tells apart. Statistics are rounded to f32
// where the kernel rounds the same numbers again, so they move the result no further than that.
TEST(NormalizedLinear, IsTheLinearOfTheLayerNormOfItsRows) {
  for (const int k : {24, 1304}) {
    LinearSpec spec = normalized(linear(4, k, 8, DType::f16));
    spec.f32_output = true;
    NormalizedInput input(spec);
    std::mt19937 random(7);
    std::normal_distribution<double> normal;
    for (int i = 0; i < spec.rows; ++i) {
      const double offset = std::array{0.0, -3.0, 30.0, 200.0}[static_cast<std::size_t>(i)];
      for (int c = 0; c < k; ++c) input.x(i, c) = normal(random) + offset;
    }
    input.store();
    std::vector<double> bounds;
    for (int index = 0; index < spec.rows * spec.n; ++index) {
      bounds.push_back(reference(op_spec(spec), input.runner.data({}), index).bound);
      // Else little is tested: with weights from -4 to 4 the deviation of y is 2.6 sqrt(k).
      EXPECT_LT(bounds.back(), 0.1 * 2.6 * std::sqrt(k));
    }
    for (const Way way : kWays) {
      const std::vector<float> values = way(input.runner, spec);
      for (std::size_t v = 0; v < values.size(); ++v) {
        const int i = static_cast<int>(v) / spec.n;
        const int j = static_cast<int>(v) % spec.n;
        EXPECT_NEAR(static_cast<double>(values[v]), input.exact(i, j), 2 * bounds[v])
            << "row " << i << ", column " << j << ", k " << k;
      }
    }
  }
}

// A constant row has no deviation, so what rounding leaves of its product, here an error of the
// columns' sums, does not count; squares of deviations from 1e20 on are infinite in f32.
TEST(NormalizedLinear, OfSpecialRowsIsTheBiasOrShowsThatThereIsNoNumber) {
  const LinearSpec spec = normalized(linear(4, 40, 24, DType::bf16));
  NormalizedInput input(spec);
  for (int c = 0; c < spec.k; ++c) {
    input.x(0, c) = 3;
    input.x(1, c) = input.x(2, c) = c % 7;
    input.x(3, c) = c % 2 == 0 ? 1e25 : -1e25;
  }
  input.x(1, 33) = std::numeric_limits<double>::infinity();
  input.store();
  const std::size_t sums = operand_position(operands(op_spec(spec)), "column_sums");
  for (int j = 0; j < spec.n; ++j) input.runner.values(sums)[j] += 0.5f;
  for (const Way way : kWays) {
    const std::vector<float> values = way(input.runner, spec);
    for (int j = 0; j < spec.n; ++j) {
      const auto column = static_cast<std::size_t>(j);
      EXPECT_EQ(static_cast<double>(values[column]), input.bias(j));
      EXPECT_FALSE(std::isfinite(values[24 + column]));
      EXPECT_TRUE(std::isfinite(values[48 + column]));
      EXPECT_TRUE(std::isnan(values[72 + column]));
    }
  }
}

TEST(LinearStatistics, AreRightForGroupsWithATailAndRowsFarFromZero) {
  for (const int n : {40, 7}) {
    const Epilogue all{.bias = true, .activation = Activation::none, .residual = true};
    const LinearSpec spec = with_statistics(linear(3, 16, n, DType::f16, all));
    KernelRunner runner(op_spec(spec), Fill::normal, 5, true);
    for (int j = 0; j < n; ++j) runner.values(2)[j] += 500;  // the bias
    for (const Way way : kWays) expect_matches_reference(runner, way(runner, spec));
  }
}

// Groups of 32, 24 and 7 columns.
TEST(LinearStatistics, OfARowOfOneNumberHaveNoDeviations) {
  for (const int n : {64, 56, 7}) {
    const LinearSpec spec = with_statistics(linear(2, 16, n, DType::f16, {.bias = true}));
    KernelRunner runner(op_spec(spec), Fill::integers, 1, true);
    std::memset(runner.values(0), 0, 2 * 16 * sizeof(std::uint16_t));
    for (int j = 0; j < n; ++j) runner.values(2)[j] = 100.3f;
    for (const Way way : kWays) {
      const std::vector<float> values = way(runner, spec);
      for (std::size_t v = static_cast<std::size_t>(2 * n) + 1; v < values.size(); v += 2) {
        EXPECT_EQ(values[v], 0) << n << " columns, number " << v;
      }
    }
  }
}

TEST(LinearStatistics, AreRightForTheRowsOfAnImage) {
  const Epilogue all{.bias = true, .activation = Activation::none, .residual = true};
  const LinearSpec spec = with_statistics(normalized(linear(197, 384, 40, DType::bf16, all)));
  KernelRunner runner(op_spec(spec), Fill::normal, 9, true);
  constexpr std::int64_t kSamples = 400;  // of each output
  for (const Way way : kWays) expect_matches_reference(runner, way(runner, spec), kSamples);
}

// 72 columns: two whole groups and a part, in tiles of 32 to 256; 296 terms: ten groups, which
// lanes with many rows read in more than one round.
template <class Rule>
void expect_the_same_bits(const Machine& machine) {
  const Epilogue all{.bias = true, .activation = Activation::none, .residual = true};
  const LinearSpec spec = with_statistics(normalized(linear(19, 296, 72, DType::f16, all)));
  std::vector<float> first;
  const std::vector<typename Rule::Knobs> space = Rule::space(spec, machine);
  EXPECT_GE(space.size(), 4u);
  for (const auto& knobs : space) {
    KernelRunner runner(op_spec(spec), Fill::normal, 3, true);
    const std::vector<float> values = runner.run(Rule::device_kernel(spec, machine, knobs));
    if (first.empty()) first = values;
    expect_matches_reference(runner, values);
    EXPECT_EQ(values, first) << to_fields(knobs).text();
  }
}

TEST(LinearStatistics, HaveTheSameBitsInTilesOfEverySize) {
  expect_the_same_bits<CudaLinearTensor>(ampere());
  expect_the_same_bits<CudaLinearWarpgroup>(hopper());
  expect_the_same_bits<CudaLinearWarpgroupBulk>(hopper());
}

/// What a block of a transformer has, and all at once.
std::vector<LinearSpec> linears_of_blocks() {
  const Epilogue gelu{.bias = true, .activation = Activation::gelu_erf, .residual = false};
  const Epilogue sum{.bias = true, .activation = Activation::none, .residual = true};
  const Epilogue all{.bias = true, .activation = Activation::gelu_erf, .residual = true};
  return {normalized(linear(50432, 768, 3072, DType::bf16, gelu)),
          with_statistics(linear(50432, 3072, 768, DType::f16, sum)),
          with_statistics(normalized(linear(197, 776, 3080, DType::bf16, all)))};
}

template <class Rule>
void expect_no_spills(const LinearSpec& spec, const Machine& machine,
                      const typename Rule::Knobs& knobs) {
  SCOPED_TRACE(op_spec(spec).text() + " by " + to_fields(knobs).text());
  const DeviceKernel kernel = Rule::device_kernel(spec, machine, knobs);
  for (const AssemblerReport& report :
       assemble(kernel.ptx, machine.warpgroup_products ? "sm_90a" : "sm_80")) {
    EXPECT_EQ(report.spill_bytes, 0);
    EXPECT_EQ(report.stack_bytes, 0);
  }
}

template <class Rule>
void expect_no_spills_in_its_space(const Machine& machine) {
  for (const LinearSpec& spec : linears_of_blocks()) {
    for (const auto& knobs : Rule::space(spec, machine))
      expect_no_spills<Rule>(spec, machine, knobs);
  }
}

TEST(LinearStatisticsFull, StayInRegistersInEveryTileThatARuleOffers) {
  if (!has_assembler()) GTEST_SKIP() << "not run: there is no ptxas";
  expect_no_spills_in_its_space<CudaLinearTensor>(ampere());
  expect_no_spills_in_its_space<CudaLinearWarpgroup>(hopper());
  expect_no_spills_in_its_space<CudaLinearWarpgroupBulk>(hopper());
}

TEST(LinearStatistics, StayInRegistersInTheTilesOfTheDefaults) {
  if (!has_assembler()) GTEST_SKIP() << "not run: there is no ptxas";
  for (const LinearSpec& spec : linears_of_blocks()) {
    expect_no_spills<CudaLinearWarpgroupBulk>(
        spec, hopper(), CudaLinearWarpgroupBulk::defaults(spec, hopper()).value());
  }
}

TEST(LinearStatistics, AreRefusedInTilesWhoseSumsWouldSpill) {
  const LinearSpec plain = linear(197, 64, 768, DType::f16);
  const auto offers = [](const LinearSpec& spec, int block_n) {
    return std::ranges::any_of(CudaLinearWarpgroupBulk::space(spec, hopper()),
                               [&](const auto& knobs) {
                                 return knobs.tile.block_m == 128 && knobs.tile.block_n == block_n;
                               });
  };
  EXPECT_TRUE(offers(plain, 128));
  EXPECT_FALSE(offers(normalized(plain), 128));
  EXPECT_TRUE(offers(normalized(plain), 256));
  EXPECT_FALSE(offers(with_statistics(normalized(plain)), 256));
  try {
    CudaLinearWarpgroupBulk::device_kernel(normalized(plain), hopper(), {{128, 128, 3, 2}});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "KNOBS_ILLEGAL");
  }
}

TEST(LinearStatistics, StandAfterTheOutputAndBelongToSixteenBits) {
  const LinearSpec spec = with_statistics(normalized(linear(3, 40, 72, DType::f16)));
  const std::vector<Operand> list = operands(spec);
  EXPECT_EQ(list.back().name, "statistics");
  EXPECT_EQ(list.back().extents, (std::vector<int>{2, 3, 3}));
  EXPECT_EQ(first_output(list), list.size() - 2);
  EXPECT_TRUE(spec.valid());
  LinearSpec wide = spec;
  wide.f32_output = true;
  EXPECT_FALSE(wide.valid());
  LinearSpec f32 = with_statistics(LinearSpec{});
  EXPECT_FALSE(f32.valid());
  LinearSpec no_norm = linear(3, 40, 72, DType::f16);
  EXPECT_EQ(op_spec(no_norm).text().find("eps"), std::string::npos);
  no_norm.eps = 1e-6f;
  EXPECT_FALSE(no_norm.valid());
}

TEST(LinearStatistics, HaveSchedulesOnCpusAndOfWholeChunksOnGpus) {
  const auto rule = [](int k, const char* machine) {
    const LinearSpec spec = with_statistics(normalized(linear(3, k, 24, DType::f16)));
    return choose_default(op_spec(spec), find_machine(machine)).rule;
  };
  for (const char* machine : {"cuda_sm80", "cuda_sm90", "cpu_avx2"}) {
    EXPECT_NE(rule(24, machine), "fallback") << machine;
  }
  EXPECT_EQ(rule(20, "cuda_sm80"), "fallback");
  EXPECT_EQ(rule(20, "cuda_sm90"), "fallback");
}

}  // namespace
}  // namespace vitgen
