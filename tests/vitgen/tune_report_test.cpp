// What the table of a search says, kernel by kernel.

#include "tools/vitgen/tune_report.h"

#include <gmock/gmock.h>

#include "generators/ops/pool.h"

namespace vitgen {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

KernelResult result_of(Verdict verdict) {
  KernelResult result;
  result.kernel = {.spec = op_spec(PoolSpec{1, 64, 1, 192, Pooling::mean}), .calls = 1};
  result.verdict = verdict;
  result.before = Choice::parse("cpu/pool(columns=16)");
  result.now = Choice::parse("cpu/pool(columns=32)");
  return result;
}

TEST(TuneReport, AChoiceThatFailsItsCheckIsNotCalledTheFastest) {
  KernelResult replaced = result_of(Verdict::replaced);
  replaced.before_fault = "3 of 9 elements differ";
  replaced.now_seconds = 1e-3;
  const std::string text = tune_table({replaced}, 0);
  EXPECT_THAT(text, HasSubstr("what was there before fails its check"));
  EXPECT_THAT(text, HasSubstr("3 of 9 elements differ"));
  EXPECT_THAT(text, HasSubstr("0 of 1 kernel improved, 1 replaced because they failed"));
  EXPECT_THAT(text, Not(HasSubstr("in one run")));
  KernelResult alone = result_of(Verdict::untuned);
  alone.now = alone.before;
  alone.before_fault = "3 of 9 elements differ";
  alone.complete = true;
  EXPECT_THAT(tune_table({alone}, 0), HasSubstr("fails its check: 3 of 9 elements differ"));
}

// One kernel without a time before must not make the sums of the others a comparison of different
// things.
TEST(TuneReport, SumsAreOfKernelsThatWereTimedBeforeAndAfter) {
  KernelResult improved = result_of(Verdict::improved);
  improved.before_seconds = 2e-3;
  improved.now_seconds = 1e-3;
  KernelResult replaced = result_of(Verdict::replaced);
  replaced.now_seconds = 5e-3;
  EXPECT_THAT(tune_table({improved, replaced}, 0),
              HasSubstr("2.000 ms before, 1.000 ms now, without 1 kernel of unknown time\n"));
}

TEST(TuneReport, SumsOfAResumedSearchTakeWhatIsNotTimedNowFromTheDatabase) {
  KernelResult improved = result_of(Verdict::improved);
  improved.before_seconds = 2e-3;
  improved.now_seconds = 1e-3;
  improved.recorded_seconds = 9e-3;
  KernelResult earlier = result_of(Verdict::untuned);
  earlier.now = earlier.before;
  earlier.kernel.calls = 4;
  earlier.recorded_seconds = 0.5e-3;
  earlier.complete = true;
  const std::string text = tune_table({improved, earlier}, 0);
  EXPECT_THAT(text, HasSubstr("4.000 ms before, 3.000 ms now, of 1 kernel by an earlier search"));
  EXPECT_THAT(text, HasSubstr("0.500 ms"));
  EXPECT_THAT(text, HasSubstr(", as recorded\n"));
}

TEST(TuneReport, WhereNothingElseWasTimedItSaysWhy) {
  KernelResult kept = result_of(Verdict::kept);
  kept.now = kept.before;
  const auto add = [&](const std::string& choice, bool decided, TrialStatus status) {
    Candidate candidate;
    candidate.choice = Choice::parse(choice);
    candidate.decided = decided;
    candidate.status = status;
    kept.candidates.push_back(candidate);
    return tune_table({kept}, 0);
  };
  EXPECT_THAT(add(kept.before.text(), true, TrialStatus::measured),
              HasSubstr("nothing else was timed: there is no other schedule"));
  EXPECT_THAT(add("cpu/pool(columns=8)", true, TrialStatus::rejected_model),
              HasSubstr("nothing else was timed: all others were left out or failed"));
  EXPECT_THAT(add("cpu/pool(columns=64)", false, TrialStatus::measured),
              HasSubstr("nothing else was timed to its end: 1 other was not reached in time"));
  EXPECT_THAT(add("cpu/pool(columns=32)", true, TrialStatus::measured),
              HasSubstr("  nothing is faster\n"));
}

TEST(TuneReport, ABusyMachineIsToldBeforeAndAfter) {
  EXPECT_EQ(busy_at_start(2, 0.98), "");
  EXPECT_THAT(busy_at_start(2, 0.67),
              HasSubstr("looks busy: 2 threads got 67 % of the time of 2 CPUs; "));
  KernelResult calm = result_of(Verdict::kept), disturbed = calm, untimed = calm;
  calm.spread = 0.01;
  disturbed.spread = 0.2;
  EXPECT_EQ(busy_at_end({}), "");
  EXPECT_EQ(busy_at_end({untimed, calm, calm, disturbed}), "");
  EXPECT_THAT(busy_at_end({untimed, calm, disturbed, disturbed}),
              HasSubstr("looks busy: half of the confirming calls of a usual kernel lie 20 %"));
}

}  // namespace
}  // namespace vitgen
