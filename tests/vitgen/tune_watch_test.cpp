// The progress bar of a search: one, and never back.

#include "tools/vitgen/tune_watch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

namespace vitgen {
namespace {

struct Bar final : Progress {
  int begun = 0, ended = 0;
  std::uint64_t total = 0;
  std::vector<double> shares;
  std::string item;

  void begin(std::string_view, std::uint64_t of) override {
    ++begun;
    total = of;
  }
  void update(std::uint64_t done, std::string_view what) override {
    shares.push_back(static_cast<double>(done) / static_cast<double>(total));
    item = what;
  }
  void end() override { ++ended; }
  void note(std::string_view) override {}
};

TuneProgress at(TuneProgress::Phase phase, double work) {
  TuneProgress progress;
  progress.phase = phase;
  progress.work = work;
  return progress;
}

TEST(TuneWatch, IsOneBarOverAllWavesThatNeverGoesBack) {
  using Phase = TuneProgress::Phase;
  Bar bar;
  double seconds = 0;
  {
    TuneWatch watch(bar, 100, 0, [&] { return seconds; });
    double work = 0;
    for (int wave = 0; wave < 3; ++wave) {
      for (const Phase phase : {Phase::compile, Phase::check, Phase::time}) {
        for (int i = 0; i < 12; ++i) {
          watch(at(phase, work += 0.003));
          seconds += 0.7;
        }
      }
    }
    watch(at(Phase::time, 0.1));  // less than before
    seconds = 250;                // confirming a winner may pass the budget
    watch(at(Phase::time, 0.1));
  }
  EXPECT_EQ(bar.begun, 1);
  EXPECT_EQ(bar.ended, 1);
  EXPECT_TRUE(std::ranges::is_sorted(bar.shares));
  EXPECT_EQ(bar.shares.back(), 1);
  EXPECT_EQ(bar.item, "time");
}

// A bar tells the time left as the time used times (1 - share) / share.
TEST(TuneWatch, TheTimeLeftIsNeverMoreThanWhatIsLeftOfTheBudget) {
  Bar bar;
  double seconds = 0;
  TuneWatch watch(bar, 600, 0, [&] { return seconds; });
  for (seconds = 0.37; seconds < 600; seconds += 1.13) {
    watch(at(TuneProgress::Phase::compile, seconds / 3000));
    const double share = bar.shares.back();
    EXPECT_LE(seconds * (1 - share) / share, 600 - seconds + 1e-9);
  }
}

TEST(TuneWatch, WithoutABudgetTheWorkCounts) {
  Bar bar;
  TuneWatch watch(bar, std::numeric_limits<double>::infinity(), 0, [] { return 1e4; });
  watch(at(TuneProgress::Phase::check, 0.25));
  EXPECT_NEAR(bar.shares.back(), 0.25, 1e-6);
}

}  // namespace
}  // namespace vitgen
