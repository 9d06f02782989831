// What is measured is positive and finite; how much it is, no test may say.

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <thread>

#include "tests/base/support.h"
#include "tools/measure/fma_peak.h"
#include "tools/measure/read_bandwidth.h"
#include "tools/measure/timed_windows.h"

namespace vitgen {
namespace {

using testing::code_of;

TEST(FmaPeak, IsPositiveOnEveryIsaThatRunsAndRefusedOnTheOthers) {
  for (const FmaIsa isa : {FmaIsa::avx2, FmaIsa::avx512}) {
    if (runs_fma(isa)) {
      for (const int threads : {1, 3}) {
        const double gflops = fma_peak_gflops(isa, threads, 0.01);
        EXPECT_TRUE(std::isfinite(gflops) && gflops > 0) << gflops;
      }
    } else {
      EXPECT_EQ(code_of([&] { fma_peak_gflops(isa, 1, 0.01); }), "MEASURE_ISA");
    }
  }
  if (runs_fma(FmaIsa::avx2)) {
    EXPECT_TRUE(runs_fma(best_fma_isa()));
  }
}

TEST(ReadBandwidth, IsPositiveForTinyOddAndSharedSizes) {
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{5000}, std::size_t{1} << 20}) {
    for (const int threads : {1, 2}) {
      const double rate = read_bandwidth_gbs(bytes, threads, 0.005);
      EXPECT_TRUE(std::isfinite(rate) && rate > 0) << bytes << " bytes: " << rate;
    }
  }
}

TEST(TimedWindows, RunsEveryThreadEquallyOftenAtLeastThreeTimes) {
  std::atomic<int> calls[3] = {};
  const double best =
      best_window(3, 0, [&](int thread) { calls[static_cast<std::size_t>(thread)].fetch_add(1); });
  EXPECT_GE(best, 0);
  EXPECT_EQ(calls[0], 3);
  EXPECT_EQ(calls[1], 3);
  EXPECT_EQ(calls[2], 3);
}

TEST(TimedWindows, LastsFromTheFirstStartToTheLastEnd) {
  using namespace std::chrono_literals;
  const double best = best_window(2, 0, [](int thread) {
    if (thread == 1) std::this_thread::sleep_for(5ms);
  });
  EXPECT_GE(best, 5e-3);
}

}  // namespace
}  // namespace vitgen
