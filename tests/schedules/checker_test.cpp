// The checker is checked first: planted bugs must be caught, and exact data must pass.

#include <gtest/gtest.h>

#include "generators/ops/linear.h"
#include "tests/schedules/kernel_runner.h"

namespace vitgen {
namespace {

struct Fixture {
  LinearSpec spec{.rows = 6, .k = 64, .n = 16, .panel = 16, .epilogue = {}};
  KernelRunner runner{op_spec(spec), Fill::normal, 21, true};
  std::vector<float> good =
      runner.run(host_machine(), choose_default(op_spec(spec), host_machine()));

  std::int64_t failures(const std::vector<float>& output) {
    return compare(runner.spec(), runner.data(output), 0).failed;
  }
};

TEST(Checker, AcceptsTheKernel) {
  Fixture f;
  EXPECT_EQ(f.failures(f.good), 0);
}

TEST(Checker, CatchesADroppedLastTerm) {
  Fixture f;
  std::vector<float> bad = f.good;
  for (int i = 0; i < f.spec.rows; ++i) {
    for (int j = 0; j < f.spec.n; ++j) {
      bad[static_cast<std::size_t>(i * f.spec.n + j)] -=
          f.runner.values(0)[i * f.spec.k + 63] * f.runner.values(1)[63 * 16 + j];
    }
  }
  EXPECT_GT(f.failures(bad), 90);
}

TEST(Checker, CatchesSwappedRowsAStaleBiasAndOneWrongElement) {
  Fixture f;
  std::vector<float> swapped = f.good;
  std::swap_ranges(swapped.begin(), swapped.begin() + 16, swapped.begin() + 16);
  EXPECT_GT(f.failures(swapped), 28);
  std::vector<float> stale = f.good;
  for (std::size_t i = 0; i < stale.size(); ++i) stale[i] -= f.runner.values(2)[i % 16];
  EXPECT_GT(f.failures(stale), 90);
  std::vector<float> one = f.good;
  one.back() += 1e-3f;
  EXPECT_EQ(f.failures(one), 1);
}

TEST(Checker, CatchesANaNOnOneSide) {
  Fixture f;
  std::vector<float> bad = f.good;
  bad[5] = NAN;
  EXPECT_EQ(f.failures(bad), 1);
}

}  // namespace
}  // namespace vitgen
