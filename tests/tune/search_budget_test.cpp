// What a search does with its time, by a made-up clock.

#include <gmock/gmock.h>

#include <limits>

#include "tests/tune/small_search.h"

namespace vitgen {
namespace {

TEST(SearchBudget, AShortBudgetStillTimesTheDefaults) {
  FakeBackend world;
  world.clock_step = 0.05;
  TuneSettings settings = settings_for(world);
  settings.jobs = 1;
  settings.budget_seconds = 1;
  Place place;
  const auto results = tune(three_kernels(), settings, world, place.database, kNobody);
  EXPECT_GE(world.compiled, 3);
  for (const KernelResult& each : results) {
    EXPECT_GT(each.before_seconds, 0) << each.kernel.spec.text();
    EXPECT_FALSE(each.complete);  // what was not reached may be tried by a resumed search
  }
  EXPECT_LT(world.compiled, 36);
}

// Trials of a kernel that say how fast a candidate is.
int measured_trials(const Place& place, const OpSpec& spec) {
  TuningFilter filter;
  filter.spec = spec.text();
  int count = 0;
  for (const TuningTrial& trial : place.database.trials(filter)) {
    count += trial.status == TrialStatus::measured;
  }
  return count;
}

TEST(SearchBudget, ARaceThatIsCutOffDecidesOnlyWhatItDroppedAndItsLeader) {
  FakeBackend world;
  TuneSettings settings = settings_for(world);
  settings.jobs = 1;
  const std::vector<TuneKernel> kernels = {three_kernels()[0]};
  // All alike, so that no round drops one.
  for (const std::string& each : tried_choices(settings)) world.seconds[each] = 1e-3;
  world.seconds[choose_default(kernels[0].spec, *settings.machine).text()] = 1e-3;
  world.clock_step = 0.2;
  settings.budget_seconds = 30;
  Place place;
  const auto results = tune(kernels, settings, world, place.database, kNobody);
  EXPECT_EQ(world.checked, 12);
  EXPECT_EQ(measured_trials(place, kernels[0].spec), 1);
  EXPECT_FALSE(results[0].complete);
  EXPECT_EQ(place.database.records().size(), 1u);
}

// Both ends of the confirming pairs are known well enough, so a resumed search leaves them out.
TEST(SearchBudget, OfARaceThatIsCutOffThePairIsDecided) {
  FakeBackend world;
  TuneSettings settings = settings_for(world);
  settings.jobs = 1;
  const std::vector<TuneKernel> kernels = {three_kernels()[0]};
  const std::vector<std::string> tried = tried_choices(settings);
  for (const std::string& each : tried) world.seconds[each] = 1.01e-3;
  world.seconds[tried.at(5)] = 1e-3;
  world.seconds[choose_default(kernels[0].spec, *settings.machine).text()] = 1.01e-3;
  world.clock_step = 0.2;
  settings.budget_seconds = 30;
  Place place;
  const auto results = tune(kernels, settings, world, place.database, kNobody);
  EXPECT_EQ(results[0].now.text(), tried.at(5));
  EXPECT_EQ(measured_trials(place, kernels[0].spec), 2);
}

// Compiling takes most of the time, as it does, so the first wave's share of it ends too early.
TuneSettings settings_of_waves(FakeBackend& world, double budget) {
  world.compile_time = 1;
  world.samples_take = true;
  TuneSettings settings = settings_for(world);
  settings.jobs = 1;
  settings.budget_seconds = budget;
  return settings;
}

TEST(SearchBudget, TimeThatIsLeftGoesToCandidatesThatWereNotReached) {
  FakeBackend world;
  const TuneSettings settings = settings_of_waves(world, 60);
  const std::vector<KernelResult> plan = plan_search(three_kernels(), settings, nullptr);
  int open = 0;
  for (const KernelResult& each : plan) {
    open += static_cast<int>(std::ranges::count(each.candidates, false, &Candidate::decided));
  }
  ASSERT_GT(open, 0.3 * 60 + 3);  // the first wave cannot compile them all
  ASSERT_LT(open, 50);
  Place place;
  const auto results = tune(three_kernels(), settings, world, place.database, kNobody);
  for (const KernelResult& each : results) EXPECT_TRUE(each.complete) << each.kernel.spec.text();
  EXPECT_EQ(world.compiled, open) << "compiled twice";
  EXPECT_EQ(world.checked, open) << "checked twice";
  EXPECT_LE(world.now(), 60);
}

// Three quarters of 40 percent for compiling; the rest of that is for checking.
TEST(SearchBudget, OfWhatIsLeftEveryWaveCompilesForThreeTenths) {
  FakeBackend world;
  constexpr double kBudget = 40;
  const TuneSettings settings = settings_of_waves(world, kBudget);
  Place place;
  tune(three_kernels(), settings, world, place.database, kNobody);
  std::map<int, std::vector<double>> waves;  // compilations between which nothing was timed
  for (const auto& [timed, when] : world.compilations) waves[timed].push_back(when);
  ASSERT_GE(waves.size(), 2u);
  for (const auto& [timed, begun] : waves) {
    EXPECT_LT(begun.back() - begun.front(), 0.3 * (kBudget - begun.front()));
  }
  const std::vector<double>& first = waves.begin()->second;
  EXPECT_GE(first.back() + world.compile_time - first.front(), 0.3 * kBudget);
}

TEST(SearchBudget, ABudgetThatIsTooShortForAllIsUsedNearlyWhole) {
  FakeBackend world;
  const TuneSettings settings = settings_of_waves(world, 25);
  Place place;
  tune(three_kernels(), settings, world, place.database, kNobody);
  EXPECT_GT(world.now(), 0.9 * 25);
  EXPECT_LE(world.now(), 25 + 1);
}

TEST(SearchBudget, WavesAddUpToOneResult) {
  const std::vector<TuneKernel> kernels = {three_kernels()[0]};
  const auto search = [&](double early, double late, Place& place) {
    FakeBackend world;
    const TuneSettings settings = settings_of_waves(world, 20);  // six are compiled at first
    const std::vector<std::string> tried = tried_choices(settings);
    world.seconds[choose_default(kernels[0].spec, *settings.machine).text()] = 1e-3;
    for (const std::string& each : tried) world.seconds[each] = 1.2e-3;
    world.seconds[tried.at(2)] = early;
    world.seconds[tried.at(9)] = late;
    world.slower_from = 11;  // after the first wave
    return tune(kernels, settings, world, place.database, kNobody).at(0);
  };
  Place both;
  const KernelResult twice = search(0.8e-3, 0.4e-3, both);
  EXPECT_TRUE(twice.complete);
  EXPECT_EQ(twice.verdict, Verdict::improved);
  EXPECT_NEAR(twice.ratio.value, 0.4, 1e-9);
  EXPECT_EQ(twice.before_seconds, 1e-3);
  EXPECT_NEAR(twice.now_seconds, 0.4e-3, 1e-12);
  ASSERT_EQ(both.database.records().size(), 1u);
  EXPECT_NEAR(both.database.records()[0].median_ns, 0.6e6, 1);
  Place none;
  const KernelResult kept = search(1.1e-3, 1.05e-3, none);
  EXPECT_TRUE(kept.complete);
  EXPECT_EQ(kept.verdict, Verdict::kept);
  EXPECT_EQ(kept.ratio, (Interval{1, 1, 1}));
  EXPECT_EQ(kept.now_seconds, 1e-3);
  Place once;
  const KernelResult first = search(0.8e-3, 0.9e-3, once);
  EXPECT_TRUE(first.complete);
  EXPECT_EQ(first.verdict, Verdict::improved);
  EXPECT_NEAR(first.ratio.value, 0.8, 1e-9);
  EXPECT_EQ(first.before_seconds, 1e-3);
  EXPECT_EQ(first.now_seconds, 0.8e-3);
  ASSERT_EQ(once.database.records().size(), 1u);
  EXPECT_NEAR(once.database.records()[0].median_ns, 0.8e6, 1);
}

TEST(SearchBudget, ConfirmingTheWinnerIsAPartOfTheBudget) {
  FakeBackend world;
  TuneSettings settings = settings_for(world);
  const std::vector<TuneKernel> kernels = {three_kernels()[0]};
  for (const std::string& each : tried_choices(settings)) world.seconds[each] = 0.1;
  world.seconds[choose_default(kernels[0].spec, *settings.machine).text()] = 0.1;
  world.samples_take = true;
  settings.budget_seconds = 10;  // the pairs take 6, the race would take 7
  Place place;
  const auto results = tune(kernels, settings, world, place.database, kNobody);
  EXPECT_EQ(place.database.records().size(), 1u);
  EXPECT_LE(world.now(), 10.5);
  EXPECT_GT(world.now(), 8);
}

TEST(SearchBudget, AHangingCandidateCannotTakeMoreThanItsKernelsTime) {
  FakeBackend world;
  TuneSettings settings = settings_for(world);
  const std::vector<TuneKernel> kernels = {three_kernels()[0]};
  const std::string hangs = tried_choices(settings).at(3);
  world.seconds[hangs] = 1e6;
  world.samples_take = true;
  settings.budget_seconds = 10;
  Place place;
  const auto results = tune(kernels, settings, world, place.database, kNobody);
  EXPECT_LE(world.now(), 10.5);
  EXPECT_FALSE(results[0].complete);  // nothing is known of the one that was waited for
  for (const TuningTrial& trial : place.database.trials()) EXPECT_NE(trial.choice.text(), hangs);
}

// Whatever the waves do: what a bar shows must not go back.
TEST(SearchBudget, TheWorkThatIsToldGrowsOverAllWavesUntilAllIsDone) {
  for (const double budget : {1.0, std::numeric_limits<double>::infinity()}) {
    FakeBackend world;
    world.compile_time = 0.05;
    world.samples_take = true;
    TuneSettings settings = settings_for(world);
    settings.budget_seconds = budget;
    std::vector<double> work;
    int compile_phases = 0;
    TuneProgress::Phase phase = TuneProgress::Phase::time;
    Place place;
    const auto results =
        tune(three_kernels(), settings, world, place.database, [&](const TuneProgress& now) {
          work.push_back(now.work);
          compile_phases += now.phase != phase && now.phase == TuneProgress::Phase::compile;
          phase = now.phase;
        });
    ASSERT_FALSE(work.empty());
    EXPECT_TRUE(std::ranges::is_sorted(work)) << budget;
    EXPECT_GE(work.front(), 0);
    EXPECT_LE(work.back(), 1);
    const bool complete = std::ranges::all_of(results, &KernelResult::complete);
    EXPECT_EQ(complete, budget > 1);
    if (complete) {
      EXPECT_GT(work.back(), 0.9) << "the last candidates are decided after their last sample";
    }
    EXPECT_GE(compile_phases, complete ? 1 : 2) << "there are waves to go over";
  }
}

}  // namespace
}  // namespace vitgen
