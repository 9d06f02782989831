// vitgen tune as its users run it, on a model small enough for a test.

#include <gmock/gmock.h>
#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "schedules/tuning/database.h"
#include "tests/vitgen/program.h"

namespace vitgen {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string database_in(const TempDir& folder) { return folder.path() + "/tuning.db"; }

std::vector<std::string> tune_small(const TempDir& folder, std::vector<std::string> more) {
  std::vector<std::string> arguments = {
      "-q", "tune", "-m", fixture("timm_vit_avg"), "--db", database_in(folder)};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST(Tune, DryRunCountsCandidatesAndWritesNothing) {
  const TempDir folder(temporary_directory());
  const std::string text = must_run(tune_small(folder, {"--dry-run"}));
  EXPECT_THAT(text, HasSubstr("linear_"));
  EXPECT_THAT(text, HasSubstr("attention_"));
  EXPECT_THAT(text, HasSubstr("candidates to compile"));
  EXPECT_FALSE(std::filesystem::exists(database_in(folder)));
}

TEST(Tune, APatternMayBeOfAKernelsSpec) {
  const TempDir folder(temporary_directory());
  const std::string text = must_run(tune_small(folder, {"--op", "linear(*gelu*", "--dry-run"}));
  EXPECT_THAT(text, HasSubstr("linear_"));
  EXPECT_THAT(text, Not(HasSubstr("attention_")));
}

TEST(Tune, DryRunNeedsNeitherAHomeNorADatabase) {
  const std::string home = std::getenv("HOME") ? std::getenv("HOME") : "";
  for (const char* name : {"HOME", "XDG_DATA_HOME", "VITGEN_TUNING_DB"}) ::setenv(name, "", 1);
  const ProcessResult result = run_vitgen({"tune", "-m", fixture("timm_vit_avg"), "--dry-run"});
  ::setenv("HOME", home.c_str(), 1);
  for (const char* name : {"XDG_DATA_HOME", "VITGEN_TUNING_DB"}) ::unsetenv(name);
  EXPECT_EQ(result.status, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("candidates to compile"));
}

TEST(Tune, WhatCannotBeTunedIsSaidBeforeAnythingRuns) {
  const TempDir folder(temporary_directory());
  const auto refused = [&](std::vector<std::string> more, int status, const char* words) {
    const ProcessResult result = run_vitgen(tune_small(folder, std::move(more)));
    EXPECT_EQ(result.status, status) << result.output;
    EXPECT_THAT(result.output, HasSubstr(words));
    EXPECT_THAT(result.output, HasSubstr("hint:"));
  };
  refused({"--op", "nosuch*"}, 2, "no kernel called 'nosuch*'");
  refused({"--budget", "10"}, 2, "--budget: expected a time");
  refused({"--budget", "0s"}, 2, "above zero");
  refused({"--target", "x86-64-avx2,x86-64-avx512"}, 2, "one target at a time");
  refused({"--target", "x86-64-avx2", "--target", "x86-64-avx512"}, 2, "--target");
  refused({"--target", "toaster"}, 6, "toaster");
  refused({"--trials", "0"}, 2, "--trials");
}

TEST(Tune, FindsRecordsForAPatternAndAResumedSearchHasNothingLeft) {
  const TempDir folder(temporary_directory());
  const std::vector<std::string> search =
      tune_small(folder, {"--op", "linear*", "--trials", "3", "--threads", "2", "--resume"});
  const std::string first = must_run(search);
  EXPECT_THAT(first, HasSubstr("timed"));
  EXPECT_THAT(first, HasSubstr("kernels improved"));
  EXPECT_THAT(first, Not(HasSubstr("layer_norm")));
  const auto database = TuningDatabase::open_to_read(database_in(folder));
  ASSERT_TRUE(database);
  const auto records = database->records();
  const auto trials = database->trials();
  EXPECT_GT(records.size(), 2u);
  EXPECT_EQ(std::ranges::count(trials, 2, &TuningTrial::threads), std::ssize(trials));
  for (const TuningRecord& record : records) {
    EXPECT_EQ(record.spec.op, "linear");
    EXPECT_GE(record.samples, 30);
    EXPECT_EQ(record.threads, 2);
    EXPECT_EQ(record.check, TuningCheck::bits);
  }
  EXPECT_THAT(must_run(search), HasSubstr("nothing left to try"));
  EXPECT_EQ(database->records(), records);
  EXPECT_EQ(database->trials(), trials);
}

TEST(Tune, WhatMustBeBeatenIsWhatGenerateWouldUse) {
  const TempDir folder(temporary_directory());
  const std::vector<std::string> search = tune_small(folder, {"--op", "pool*", "--trials", "1"});
  must_run(search);
  auto database = TuningDatabase::open(database_in(folder));
  std::vector<TuningRecord> records = database.records();
  ASSERT_EQ(records.size(), 1u);
  // The fastest on paper, but no rule takes it.
  TuningRecord illegal = records[0];
  illegal.choice = Choice::parse(illegal.choice.rule + "(nosuch=1)");
  illegal.median_ns = 1;
  database.put(illegal);
  const std::string text = must_run(search);
  EXPECT_THAT(text, HasSubstr("before " + records[0].choice.text()));
  EXPECT_THAT(text, Not(HasSubstr("nosuch")));
}

// With one CPU for the search and a thread of this process that never rests.
TEST(Tune, ABusyMachineIsToldBeforeTheSearch) {
  const TempDir folder(temporary_directory());
  cpu_set_t before, one;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu) {
    if (CPU_ISSET(cpu, &before) != 0) CPU_SET(cpu, &one);
  }
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
  ProcessResult result;
  {
    const std::jthread other([](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
      }
    });
    result = run_vitgen({"tune", "-m", fixture("timm_vit_avg"), "--db", database_in(folder), "--op",
                         "pool*", "--trials", "1"});
  }
  ASSERT_EQ(::sched_setaffinity(0, sizeof before, &before), 0);
  EXPECT_EQ(result.status, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("note: the machine looks busy: 1 thread got "));
}

// generate would use the record of one thread.
TEST(Tune, OfTwoThreadsItsOwnRecordMustBeBeaten) {
  const TempDir folder(temporary_directory());
  const auto run = [&](const char* threads) {
    return must_run(tune_small(folder, {"--op", "pool*", "--trials", "1", "--threads", threads}));
  };
  run("2");
  auto database = TuningDatabase::open(database_in(folder));
  const TuningRecord two = database.records().at(0);
  TuningRecord one = two;
  one.threads = 1;
  one.choice = {"fallback", {}};
  one.versions = current_versions(1);
  database.put(one);
  EXPECT_THAT(run("2"), HasSubstr("before " + two.choice.text()));
  EXPECT_THAT(run("1"), HasSubstr("before fallback"));
}

// A search that would take long, ended by the signal of ctrl-C after some seconds.
TEST(Tune, CtrlCEndsItByTheSignalWithTheTableAndAllThatWasLearnt) {
  const TempDir folder(temporary_directory());
  const std::string timeout = find_program("timeout");
  if (timeout.empty()) GTEST_SKIP() << "no timeout program";
  const ProcessResult result =
      run_process({timeout, "--preserve-status", "-s", "INT", "5", VITGEN_PROGRAM, "tune", "--arch",
                   "vit_base_patch16_224", "--budget", "1h", "--db", database_in(folder)});
  EXPECT_EQ(result.status, 128 + 2) << result.output;
  EXPECT_THAT(result.output, HasSubstr("interrupted"));
  EXPECT_THAT(result.output, HasSubstr("--resume"));
  EXPECT_THAT(result.output, HasSubstr("not reached"));
  const auto database = TuningDatabase::open_to_read(database_in(folder));
  ASSERT_TRUE(database);
  EXPECT_GT(database->trials().size(), 0u);
  for (const TuningTrial& trial : database->trials()) {
    EXPECT_NE(trial.status, TrialStatus::crashed) << trial.reason;
    EXPECT_NE(trial.status, TrialStatus::compile_failed) << trial.reason;
  }
}

}  // namespace
}  // namespace vitgen
