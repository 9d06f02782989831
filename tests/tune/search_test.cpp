// The search with a made-up world: which candidates it tries, what it writes down, and that an
// interrupted one ends where an uninterrupted one does.

#include <gmock/gmock.h>

#include "tests/tune/small_search.h"

namespace vitgen {
namespace {

TEST(Search, TheFastestReplacesTheDefaultAndIsRecorded) {
  FakeBackend world;
  const TuneSettings settings = settings_for(world);
  const std::string fastest = tried_choices(settings).at(3);
  world.seconds[fastest] = 0.5e-3;
  Place place;
  const auto results = tune(three_kernels(), settings, world, place.database, kNobody);
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(results[0].verdict, Verdict::improved);
  EXPECT_EQ(results[0].now.text(), fastest);
  EXPECT_LT(results[0].ratio.high, 1);
  EXPECT_TRUE(results[0].complete);
  const OpSpec spec = three_kernels()[0].spec;
  const auto record = place.database.best(settings.host, "cpu_avx2", spec,
                                          [](const TuningRecord&) { return true; });
  ASSERT_TRUE(record);
  EXPECT_EQ(record->choice.text(), fastest);
  EXPECT_EQ(record->samples, settings.pairs);
  EXPECT_NEAR(record->median_ns, 0.5e6, 1);
  EXPECT_EQ(record->check, TuningCheck::bits);
}

TEST(Search, ADefaultThatNobodyBeatsStays) {
  FakeBackend world;
  const TuneSettings settings = settings_for(world);
  const OpSpec spec = three_kernels()[0].spec;
  const Choice usual = choose_default(spec, *settings.machine);
  world.seconds[usual.text()] = 0.5e-3;
  Place place;
  const auto results = tune(three_kernels(), settings, world, place.database, kNobody);
  EXPECT_EQ(results[0].verdict, Verdict::kept);
  EXPECT_EQ(results[0].now, usual);
}

TEST(Search, EveryCandidateHasATrialAndEveryFaultItsReason) {
  FakeBackend world;
  const TuneSettings settings = settings_for(world);
  const std::vector<std::string> tried = tried_choices(settings);
  const std::vector<TrialStatus> faults = {TrialStatus::compile_failed, TrialStatus::rejected_code,
                                           TrialStatus::rejected_mca,   TrialStatus::crashed,
                                           TrialStatus::timed_out,      TrialStatus::wrong_result};
  for (std::size_t i = 0; i < faults.size(); ++i) world.planted[tried.at(i)] = faults[i];
  Place place;
  const auto results = tune(three_kernels(), settings, world, place.database, kNobody);
  std::map<std::string, TuningTrial> trials;
  TuningFilter filter;
  filter.spec = three_kernels()[0].spec.text();
  for (TuningTrial& trial : place.database.trials(filter)) {
    trials.emplace(trial.choice.text(), std::move(trial));
  }
  EXPECT_EQ(trials.size(), results[0].candidates.size());
  for (std::size_t i = 0; i < faults.size(); ++i) {
    ASSERT_TRUE(trials.contains(tried[i]));
    EXPECT_EQ(trials.at(tried[i]).status, faults[i]) << tried[i];
    EXPECT_NE(trials.at(tried[i]).reason, "");
  }
  EXPECT_EQ(trials.at(tried[6]).status, TrialStatus::measured);
  EXPECT_GT(trials.at(tried[6]).samples, 0);
}

TEST(Search, ASecondSearchMustBeatTheRecord) {
  FakeBackend world;
  TuneSettings settings = settings_for(world);
  const std::string fast = tried_choices(settings).at(2);
  world.seconds[fast] = 0.5e-3;
  Place place;
  tune(three_kernels(), settings, world, place.database, kNobody);
  settings.in_use = records_of(place.database, settings);
  settings.run = "run-2";
  settings.selection.seed = 2;
  const auto results = tune(three_kernels(), settings, world, place.database, kNobody);
  EXPECT_EQ(results[0].before.text(), fast);
  EXPECT_EQ(results[0].verdict, Verdict::kept);
}

TEST(Search, ResumedItEndsInTheDatabaseOfAnUninterruptedOne) {
  std::vector<std::string> whole;
  int steps = 0;
  const auto plant = [](FakeBackend& world, const TuneSettings& settings) {
    const std::vector<std::string> tried = tried_choices(settings);
    world.planted[tried.at(1)] = TrialStatus::crashed;
    world.planted[tried.at(4)] = TrialStatus::rejected_mca;
    world.planted[tried.at(5)] = TrialStatus::rejected_code;
  };
  {
    FakeBackend world;
    const TuneSettings settings = settings_for(world);
    plant(world, settings);
    Place place;
    tune(three_kernels(), settings, world, place.database, kNobody);
    whole = place.content();
    steps = world.compiled + world.checked + world.timed;
  }
  ASSERT_GT(steps, 200);
  for (int stop_every : {1, 7, 23, 60, steps / 2, steps - 5}) {
    Place place;
    int sessions = 0;
    for (bool complete = false; !complete; ++sessions) {
      ASSERT_LT(sessions, 40) << "no progress with a stop every " << stop_every << " steps";
      FakeBackend world;
      // Longer each time, as a person would give it; a step that is cut off is made again.
      world.steps_left = stop_every * (sessions + 1);
      TuneSettings settings = settings_for(world);
      settings.resume = true;
      settings.run = "run-1";
      plant(world, settings);
      const auto results = tune(three_kernels(), settings, world, place.database, kNobody);
      complete = world.steps_left != 0 && std::ranges::all_of(results, &KernelResult::complete);
      if (sessions > 20) stop_every *= 2;
    }
    EXPECT_GT(sessions, 1);
    EXPECT_EQ(place.content(), whole) << "stopped every " << stop_every << " steps";
  }
}

TEST(Search, ResumedAfterItsEndItDoesNothing) {
  Place place;
  for (const bool again : {false, true}) {
    FakeBackend world;
    TuneSettings settings = settings_for(world);
    settings.resume = true;
    settings.in_use = records_of(place.database, settings);
    const auto results = tune(three_kernels(), settings, world, place.database, kNobody);
    for (const KernelResult& each : results) EXPECT_TRUE(each.complete);
    EXPECT_EQ(world.compiled == 0, again);
    EXPECT_EQ(world.timed == 0, again);
    for (const KernelResult& each : results) EXPECT_EQ(each.recorded_seconds > 0, again);
  }
}

TEST(Search, TheSameSeedTriesTheSameWhateverTheThreadsDo) {
  const auto content = [](int jobs) {
    FakeBackend world;
    TuneSettings settings = settings_for(world);
    settings.jobs = jobs;
    Place place;
    tune(three_kernels(), settings, world, place.database, kNobody);
    return place.content();
  };
  EXPECT_EQ(content(1), content(4));
}

TEST(Search, AWinnerThatIsWrongWithThreadsIsNotRecorded) {
  FakeBackend world;
  const TuneSettings settings = settings_for(world);
  const std::vector<TuneKernel> kernels = {three_kernels()[0]};
  world.races = tried_choices(settings).at(3);
  world.seconds[world.races] = 0.5e-3;
  Place place;
  const auto results = tune(kernels, settings, world, place.database, kNobody);
  EXPECT_EQ(results[0].verdict, Verdict::kept);
  ASSERT_EQ(place.database.records().size(), 1u);
  EXPECT_EQ(place.database.records()[0].choice, results[0].before);
  const auto trials = place.database.trials();
  const auto found = std::ranges::find(
      trials, world.races, [](const TuningTrial& trial) { return trial.choice.text(); });
  ASSERT_NE(found, trials.end());
  EXPECT_EQ(found->status, TrialStatus::wrong_result);
  EXPECT_EQ(found->reason, "with 3 threads: planted");
}

TEST(Search, WhatIsInUseMustBeBeaten) {
  FakeBackend world;
  TuneSettings settings = settings_for(world);
  const Choice shipped = Choice::parse(tried_choices(settings).at(2));
  settings.in_use = [&](const OpSpec&) { return shipped; };
  world.seconds[shipped.text()] = 0.5e-3;
  Place place;
  const auto results = tune({three_kernels()[0]}, settings, world, place.database, kNobody);
  EXPECT_EQ(results[0].before, shipped);
  EXPECT_EQ(results[0].verdict, Verdict::kept);
}

TEST(Search, OfAPairTheOneThatCrashedIsToBlame) {
  for (const bool incumbent_dies : {true, false}) {
    FakeBackend world;
    const TuneSettings settings = settings_for(world);
    const std::vector<TuneKernel> kernels = {three_kernels()[0]};
    const std::string usual = choose_default(kernels[0].spec, *settings.machine).text();
    const std::string fastest = tried_choices(settings).at(3);
    world.seconds[usual] = 0.51e-3;  // stays until the end
    world.seconds[fastest] = 0.5e-3;
    const std::string& doomed = incumbent_dies ? usual : fastest;
    world.samples_left[doomed] = 10;
    Place place;
    tune(kernels, settings, world, place.database, kNobody);
    for (const TuningTrial& trial : place.database.trials()) {
      EXPECT_EQ(trial.status == TrialStatus::crashed, trial.choice.text() == doomed);
    }
    // Where it was not the incumbent another wave ends the race without it.
    ASSERT_EQ(place.database.records().size(), incumbent_dies ? 0u : 1u);
    for (const TuningRecord& each : place.database.records()) {
      EXPECT_EQ(each.choice.text(), usual);
    }
  }
}

TEST(Search, ResumedWithOtherCandidatesItReplacesNoTrial) {
  Place place;
  const auto search = [&](int keep, std::uint32_t seed, const std::string& run) {
    FakeBackend world;
    TuneSettings settings = settings_for(world);
    settings.resume = true;
    settings.run = run;
    settings.selection.keep = keep;
    settings.selection.seed = seed;
    tune(three_kernels(), settings, world, place.database, kNobody);
  };
  const auto trials_of = [&](const std::string& run) {
    TuningFilter filter;
    filter.run = run;
    std::vector<std::string> lines;
    for (const TuningTrial& trial : place.database.trials(filter)) {
      lines.push_back(trial_json(trial).dump());
    }
    return lines;
  };
  search(8, 1, "run-1");
  const std::vector<std::string> first = trials_of("run-1");
  search(8, 2, "run-2");
  const std::vector<std::string> second = trials_of("run-2");
  EXPECT_GT(second.size(), 0u);
  search(10, 2, "run-3");
  EXPECT_GT(trials_of("run-3").size(), 0u);
  search(10, 2, "run-4");  // the same as the one before goes on in its name
  EXPECT_EQ(trials_of("run-1"), first);
  EXPECT_EQ(trials_of("run-2"), second);
  EXPECT_EQ(trials_of("run-4").size(), 0u);
}

TEST(Search, ResumedItGoesOnWithNoRunOfOtherVersions) {
  Place place;
  const auto search = [&](const std::string& run) {
    FakeBackend world;
    TuneSettings settings = settings_for(world);
    settings.resume = true;
    settings.run = run;
    tune(three_kernels(), settings, world, place.database, kNobody);
  };
  search("run-1");
  std::vector<TuningTrial> old = place.database.trials();
  const auto all = [](const auto&) { return true; };
  place.database.prune(all, all);
  for (TuningTrial& trial : old) trial.versions.halide = "20.0.0";
  place.database.merge({}, old);
  search("run-2");
  const std::vector<TuningTrial> trials = place.database.trials();
  ASSERT_EQ(trials.size(), 2 * old.size());
  EXPECT_TRUE(std::ranges::equal(old, std::span(trials).first(old.size())));
  EXPECT_EQ(trials.back().run, "run-2");
}

TEST(Search, OtherNumbersOfThreadsHaveTheirOwnRecordsTrialsAndRuns) {
  Place place;
  const auto search = [&](int threads, const std::string& run, const std::string& fastest) {
    FakeBackend world;
    TuneSettings settings = settings_for(world);
    settings.threads = threads;
    settings.resume = true;
    settings.run = run;
    settings.in_use = records_of(place.database, settings);
    world.seconds[fastest] = 0.5e-3;
    return tune({three_kernels()[0]}, settings, world, place.database, kNobody)[0];
  };
  FakeBackend world;
  const std::vector<std::string> tried = tried_choices(settings_for(world));
  const KernelResult one = search(1, "run-1", tried.at(3));
  const KernelResult two = search(2, "run-2", tried.at(4));
  EXPECT_EQ(two.before, one.before) << "the record of one thread is none of two";
  EXPECT_EQ(two.now.text(), tried.at(4));
  const auto records = place.database.records();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].choice, one.now);
  EXPECT_EQ(records[1].choice, two.now);
  EXPECT_EQ(records[1].threads, 2);
  for (const TuningTrial& trial : place.database.trials()) {
    EXPECT_EQ(trial.run, trial.threads == 1 ? "run-1" : "run-2");
  }
  const KernelResult again = search(2, "run-3", tried.at(5));
  EXPECT_EQ(again.before, two.now);
  EXPECT_EQ(place.database.trials({.host = {}, .machine = {}, .spec = {}, .run = "run-3"}).size(),
            0u);
}

TEST(Search, ProgressGrowsAndEndsAtItsTotal) {
  FakeBackend world;
  const TuneSettings settings = settings_for(world);
  Place place;
  std::map<TuneProgress::Phase, TuneProgress> last;
  tune(three_kernels(), settings, world, place.database, [&](const TuneProgress& progress) {
    EXPECT_LE(progress.done, progress.total);
    EXPECT_GE(progress.done, last[progress.phase].done);
    last[progress.phase] = progress;
  });
  EXPECT_EQ(last.size(), 3u);
  for (const auto phase : {TuneProgress::Phase::compile, TuneProgress::Phase::check}) {
    EXPECT_GT(last[phase].total, 0u);
    EXPECT_EQ(last[phase].done, last[phase].total);
  }
}

}  // namespace
}  // namespace vitgen
