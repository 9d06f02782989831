// A search whose kernel has no sound choice to be compared with: what is in use fails its check.

#include <gmock/gmock.h>

#include "tests/tune/small_search.h"

namespace vitgen {
namespace {

// One kernel with a record of an earlier search, which a newer check finds wrong.
struct WrongRecord {
  FakeBackend world;
  TuneSettings settings = settings_for(world);
  std::vector<TuneKernel> kernels = {three_kernels()[0]};
  std::vector<std::string> tried = tried_choices(settings);
  Place place;
  Choice wrong;

  explicit WrongRecord(TrialStatus fault) {
    wrong = Choice::parse(tried.at(2));
    settings.in_use = records_of(place.database, settings);
    world.seconds[wrong.text()] = 0.3e-3;
    EXPECT_EQ(search().now, wrong);
    EXPECT_EQ(place.database.records().size(), 1u);
    world.planted[wrong.text()] = fault;
    world.seconds[tried.at(4)] = 0.5e-3;
    settings.run = "run-2";
  }

  KernelResult search() { return tune(kernels, settings, world, place.database, kNobody).at(0); }
};

TEST(FailedIncumbent, TheFastestSoundChoiceReplacesItsRecord) {
  for (const TrialStatus fault : {TrialStatus::wrong_result, TrialStatus::compile_failed}) {
    WrongRecord test(fault);
    const KernelResult result = test.search();
    EXPECT_EQ(result.verdict, Verdict::replaced);
    EXPECT_EQ(result.before, test.wrong);
    EXPECT_EQ(result.before_fault, "planted");
    EXPECT_EQ(result.before_seconds, 0);
    EXPECT_EQ(result.now.text(), test.tried.at(4));
    EXPECT_EQ(result.now_seconds, 0.5e-3);
    const std::vector<TuningRecord> records = test.place.database.records();
    ASSERT_EQ(records.size(), 1u);
    EXPECT_EQ(records[0].choice, result.now);
    EXPECT_EQ(records[0].samples, test.settings.pairs);
  }
}

TEST(FailedIncumbent, RecordsOfOtherThreadsGoToo) {
  WrongRecord test(TrialStatus::wrong_result);
  test.settings.threads = 2;
  test.settings.in_use = [&](const OpSpec&) { return test.wrong; };
  test.search();
  const std::vector<TuningRecord> records = test.place.database.records();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].threads, 2);
  EXPECT_EQ(records[0].choice.text(), test.tried.at(4));
}

TEST(FailedIncumbent, AReplacementThatIsWrongWithThreadsIsPassedOver) {
  WrongRecord test(TrialStatus::wrong_result);
  test.world.races = test.tried.at(4);
  test.world.seconds[test.tried.at(5)] = 0.504e-3;
  const KernelResult result = test.search();
  EXPECT_EQ(result.verdict, Verdict::replaced);
  EXPECT_EQ(result.now.text(), test.tried.at(5));
  ASSERT_EQ(test.place.database.records().size(), 1u);
  EXPECT_EQ(test.place.database.records()[0].choice, result.now);
}

TEST(FailedIncumbent, AWrongRecordGoesEvenIfNothingReplacesIt) {
  WrongRecord test(TrialStatus::wrong_result);
  const std::vector<KernelResult> plan = plan_search(test.kernels, test.settings, nullptr);
  for (const Candidate& each : plan[0].candidates) {
    test.world.planted[each.choice.text()] = TrialStatus::wrong_result;
  }
  const KernelResult result = test.search();
  EXPECT_EQ(result.verdict, Verdict::untuned);
  EXPECT_EQ(result.before_fault, "planted");
  EXPECT_EQ(test.place.database.records().size(), 0u);
}

TEST(FailedIncumbent, ALaterWaveMustBeatTheReplacement) {
  WrongRecord test(TrialStatus::wrong_result);
  test.world.compile_time = 1;
  test.world.samples_take = true;
  test.settings.jobs = 1;
  test.settings.budget_seconds = test.world.now() + 20;
  test.world.seconds[test.tried.at(9)] = 0.2e-3;
  const KernelResult result = test.search();
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(result.verdict, Verdict::replaced);
  EXPECT_EQ(result.now.text(), test.tried.at(9));
  EXPECT_EQ(result.now_seconds, 0.2e-3);
  EXPECT_EQ(result.before_seconds, 0);
  ASSERT_EQ(test.place.database.records().size(), 1u);
  EXPECT_EQ(test.place.database.records()[0].choice, result.now);
}

}  // namespace
}  // namespace vitgen
