// What the database keeps, and how it joins what was measured in several places.

#include "schedules/tuning/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/base/support.h"
#include "tests/tuning/samples.h"

namespace vitgen {
namespace {

using testing::kHost;
using testing::kOtherHost;
using testing::sample_record;
using testing::sample_trial;
using testing::Scratch;
using testing::thrown_by;

TEST(TuningDatabase, KeepsRecordsAndTrialsForTheNextProcess) {
  const Scratch scratch;
  const std::string path = scratch.at("new/folder/tuning.db");
  {
    TuningDatabase database = TuningDatabase::open(path);
    for (const int n : {2, 0, 1}) database.put(sample_record(n));
    for (const int n : {0, 1}) database.add(sample_trial(n));
  }
  const auto database = TuningDatabase::open_to_read(path);
  ASSERT_TRUE(database);
  EXPECT_THAT(database->records(),
              ::testing::ElementsAre(sample_record(0), sample_record(1), sample_record(2)));
  EXPECT_THAT(database->trials(), ::testing::ElementsAre(sample_trial(0), sample_trial(1)));
}

TEST(TuningDatabase, ExtremeNumbersReadBackBitForBit) {
  const Scratch scratch;
  TuningDatabase database = TuningDatabase::open(scratch.at("tuning.db"));
  TuningRecord record = sample_record();
  record.median_ns = 0.1 + 0.2;
  record.spread = 5e-324;
  record.samples = 1'000'000'000;
  record.choice = {"fallback", {}};
  database.put(record);
  EXPECT_EQ(database.records().at(0), record);
}

TEST(TuningDatabase, PutReplacesTheRecordOfItsKeyAlone) {
  const Scratch scratch;
  TuningDatabase database = TuningDatabase::open(scratch.at("tuning.db"));
  TuningRecord record = sample_record();
  database.put(record);
  TuningRecord other_rule = record;
  other_rule.choice = {"fallback", {}};
  database.put(other_rule);
  TuningRecord other_version = record;
  other_version.versions.rule = 2;
  database.put(other_version);
  TuningRecord other_threads = record;
  other_threads.threads = 4;
  database.put(other_threads);
  record.choice.knobs.values[0].second = "8";
  record.samples = 1;  // a tuner that confirmed it decides, not the number of samples
  database.put(record);
  EXPECT_THAT(database.records(),
              ::testing::ElementsAre(record, other_threads, other_version, other_rule));
}

TEST(TuningDatabase, ATrialTakesThePlaceOfItsOrdinal) {
  const Scratch scratch;
  TuningDatabase database = TuningDatabase::open(scratch.at("tuning.db"));
  TuningTrial trial = sample_trial();
  database.add(trial);
  trial.median_ns = 1300;
  database.add(trial);
  TuningTrial other_run = trial;
  other_run.run = "other";
  database.add(other_run);
  EXPECT_THAT(database.trials(), ::testing::ElementsAre(trial, other_run));
  EXPECT_THAT(database.trials({.host = {}, .machine = {}, .spec = {}, .run = "other"}),
              ::testing::ElementsAre(other_run));
}

TEST(TuningDatabase, FiltersByHostMachineAndSpec) {
  const Scratch scratch;
  TuningDatabase database = TuningDatabase::open(scratch.at("tuning.db"));
  TuningRecord far = sample_record(0);
  far.host = kOtherHost;
  TuningRecord wide = sample_record(1);
  wide.machine = "cpu_avx512";
  for (const TuningRecord& each : {sample_record(0), far, wide}) database.put(each);
  EXPECT_THAT(database.records({.host = kOtherHost, .machine = {}, .spec = {}, .run = {}}),
              ::testing::ElementsAre(far));
  EXPECT_THAT(database.records({.host = {}, .machine = "cpu_avx512", .spec = {}, .run = {}}),
              ::testing::ElementsAre(wide));
  EXPECT_THAT(database.records(
                  {.host = kHost, .machine = {}, .spec = sample_record(0).spec.text(), .run = {}}),
              ::testing::ElementsAre(sample_record(0)));
}

TEST(TuningDatabase, BestIsTheFastestUsableRuleOnThisHost) {
  const Scratch scratch;
  TuningDatabase database = TuningDatabase::open(scratch.at("tuning.db"));
  const TuningRecord slow = sample_record();
  TuningRecord fast = slow, far = slow, stale = slow;
  fast.choice = {"fallback", {}};
  fast.median_ns = 100;
  far.host = kOtherHost;
  far.median_ns = 10;
  stale.versions.rule = 7;
  stale.median_ns = 1;
  for (const TuningRecord& each : {slow, fast, far, stale}) database.put(each);
  const auto current = [](const TuningRecord& r) { return r.versions.rule == 1; };
  EXPECT_EQ(database.best(kHost, slow.machine, slow.spec, current), fast);
  EXPECT_EQ(database.best(kOtherHost, slow.machine, slow.spec, current), far);
  EXPECT_EQ(database.best(kHost, "cpu_avx512", slow.spec, current), std::nullopt);
}

TEST(TuningDatabase, BestComparesOnlyRecordsOfTheFewestThreads) {
  const Scratch scratch;
  TuningDatabase database = TuningDatabase::open(scratch.at("tuning.db"));
  TuningRecord two = sample_record(), eight = two, one = two;
  two.threads = 2;
  two.median_ns = 600;
  eight.threads = 8;
  eight.median_ns = 200;
  const auto best = [&] {
    return database.best(kHost, two.machine, two.spec, [](const TuningRecord&) { return true; });
  };
  for (const TuningRecord& each : {eight, two}) database.put(each);
  EXPECT_EQ(best(), two);
  database.put(one);
  EXPECT_EQ(best(), one);
}

TEST(PreferredTo, OfEquallyFastRecordsTheRulesNameDecides) {
  const TuningRecord linear = sample_record();
  TuningRecord other = linear;
  other.choice.rule = "fallback";
  EXPECT_TRUE(preferred_to(linear, other));
  EXPECT_FALSE(preferred_to(other, linear));
  EXPECT_FALSE(preferred_to(linear, linear));
}

TEST(Merge, RecordsOfOtherThreadsStandBesideEachOther) {
  const Scratch scratch;
  TuningDatabase database = TuningDatabase::open(scratch.at("tuning.db"));
  TuningRecord two = sample_record();
  two.threads = 2;
  two.samples = 99;
  EXPECT_EQ(database.merge(std::vector{sample_record(), two}).added, 2);
  EXPECT_THAT(database.records(), ::testing::ElementsAre(sample_record(), two));
}

TEST(TuningDatabase, ABadRecordIsRefusedBeforeAnythingIsWritten) {
  const Scratch scratch;
  TuningDatabase database = TuningDatabase::open(scratch.at("tuning.db"));
  TuningRecord bad = sample_record(1);
  bad.date = "today";
  EXPECT_EQ(thrown_by([&] { database.put(bad); }).code, "TUNE_FIELD");
  const std::vector<TuningRecord> batch = {sample_record(0), bad};
  EXPECT_EQ(thrown_by([&] { database.merge(batch); }).code, "TUNE_FIELD");
  EXPECT_TRUE(database.records().empty());
}

TEST(TuningDatabase, PrunesWhatItIsTold) {
  const Scratch scratch;
  TuningDatabase database = TuningDatabase::open(scratch.at("tuning.db"));
  for (const int n : {0, 1, 2}) database.put(sample_record(n));
  for (const int n : {0, 1, 2}) database.add(sample_trial(n));
  const auto pruned = database.prune([](const TuningRecord& r) { return r == sample_record(1); },
                                     [](const TuningTrial& t) { return t.ordinal > 0; });
  EXPECT_EQ(pruned.records, 1);
  EXPECT_EQ(pruned.trials, 2);
  EXPECT_THAT(database.records(), ::testing::ElementsAre(sample_record(0), sample_record(2)));
  EXPECT_THAT(database.trials(), ::testing::ElementsAre(sample_trial(0)));
}

// Three records of one key and one of another: more samples win, then the newer.
std::vector<TuningRecord> rivals() {
  TuningRecord few = sample_record(0), old = few, recent = few;
  few.samples = 5;
  few.date = "2027-01-01T00:00:00Z";
  old.choice.knobs.values[0].second = "4";
  recent.choice.knobs.values[0].second = "8";
  recent.date = "2026-12-01T00:00:00Z";
  return {few, old, recent, sample_record(1)};
}

TEST(Merge, KeepsTheBetterSupportedAndSaysSo) {
  const Scratch scratch;
  TuningDatabase database = TuningDatabase::open(scratch.at("tuning.db"));
  const auto all = rivals();
  const MergeReport first = database.merge(std::vector{all[1], all[3]});
  EXPECT_EQ(first.added, 2);
  EXPECT_TRUE(first.notes.empty());
  const MergeReport second = database.merge(all);
  EXPECT_EQ(second.added, 0);
  EXPECT_EQ(second.kept, 1);
  EXPECT_EQ(second.replaced, 1);
  EXPECT_EQ(second.equal, 2);
  ASSERT_EQ(second.notes.size(), 2u);
  EXPECT_THAT(second.notes[1], ::testing::HasSubstr("cpu/linear(m_r=8,layout=panel) (31 samples, "
                                                    "2026-12-01T00:00:00Z) stays"));
  EXPECT_THAT(database.records(), ::testing::ElementsAre(all[2], all[3]));
}

TEST(Merge, EndsTheSameInAnyOrderAndWhenRepeated) {
  auto order = std::vector<std::size_t>{0, 1, 2, 3};
  const auto all = rivals();
  do {
    const Scratch scratch;
    TuningDatabase database = TuningDatabase::open(scratch.at("tuning.db"));
    for (int twice = 0; twice < 2; ++twice) {
      for (const std::size_t i : order) database.merge(std::vector{all[i]});
    }
    EXPECT_THAT(database.records(), ::testing::ElementsAre(all[2], all[3]));
  } while (std::ranges::next_permutation(order).found);
}

// Ten thousand rivals of one kernel: each is met with its own key's row alone.
TEST(Merge, TakesTimeInProportionToTheRecords) {
  const Scratch scratch;
  TuningDatabase database = TuningDatabase::open(scratch.at("tuning.db"));
  std::vector<TuningRecord> many(10'000, sample_record());
  for (std::size_t i = 0; i < many.size(); ++i) many[i].versions.rule = static_cast<int>(i) + 1;
  EXPECT_EQ(database.merge(many).added, 10'000);
  EXPECT_EQ(database.merge(many).equal, 10'000);
}

TEST(Merge, TiesAreBrokenTheSameWayOnBothSides) {
  TuningRecord a = sample_record(), b = a;
  b.median_ns = 9;
  EXPECT_NE(better_supported(a, b), better_supported(b, a));
}

TEST(Merge, TrialsThatAreThereStay) {
  const Scratch scratch;
  TuningDatabase database = TuningDatabase::open(scratch.at("tuning.db"));
  database.add(sample_trial(0));
  TuningTrial changed = sample_trial(0);
  changed.median_ns = 2000;
  const MergeReport report = database.merge({}, std::vector{changed, sample_trial(1)});
  EXPECT_EQ(report.trials, 1);
  EXPECT_THAT(database.trials(), ::testing::ElementsAre(sample_trial(0), sample_trial(1)));
}

class Environment : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : kNames) {
      const char* value = std::getenv(name);
      saved_.emplace_back(name, value ? std::optional<std::string>(value) : std::nullopt);
      ::unsetenv(name);
    }
  }
  void TearDown() override {
    for (const auto& [name, value] : saved_) {
      ::unsetenv(name.c_str());
      if (value) ::setenv(name.c_str(), value->c_str(), 1);
    }
  }

 private:
  static constexpr const char* kNames[] = {"VITGEN_TUNING_DB", "XDG_DATA_HOME", "HOME"};
  std::vector<std::pair<std::string, std::optional<std::string>>> saved_;
};

TEST_F(Environment, NamesTheUsersDatabase) {
  EXPECT_EQ(default_tuning_database(), "");
  ::setenv("HOME", "/h", 1);
  EXPECT_EQ(default_tuning_database(), "/h/.local/share/vitgen/tuning.db");
  ::setenv("XDG_DATA_HOME", "/x", 1);
  EXPECT_EQ(default_tuning_database(), "/x/vitgen/tuning.db");
  ::setenv("VITGEN_TUNING_DB", "/own.db", 1);
  EXPECT_EQ(default_tuning_database(), "/own.db");
  ::setenv("VITGEN_TUNING_DB", "", 1);
  EXPECT_EQ(default_tuning_database(), "/x/vitgen/tuning.db");
}

}  // namespace
}  // namespace vitgen
