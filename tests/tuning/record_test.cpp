// Records and trials: one text each, and nothing else is read.

#include "schedules/tuning/record.h"

#include <gtest/gtest.h>

#include "tests/base/support.h"
#include "tests/tuning/samples.h"

namespace vitgen {
namespace {

using testing::sample_record;
using testing::sample_trial;
using testing::thrown_by;

TuningRecord read_record(const Json& json) {
  return parse_record(parse_json(json.dump(), "t.json", {}, tuning_codes()));
}

TuningTrial read_trial(const Json& json) {
  return parse_trial(parse_json(json.dump(), "t.json", {}, tuning_codes()));
}

TEST(TuningRecord, ReadsBackAsItWas) {
  TuningRecord record = sample_record();
  EXPECT_EQ(read_record(record_json(record)), record);
  record.choice = {"fallback", {}};
  record.median_ns = 0.1 + 0.2;
  record.check = TuningCheck::bound;
  EXPECT_EQ(read_record(record_json(record)), record);
}

TEST(TuningRecord, HashIsOfTheCompactTextAndSeesEveryField) {
  const TuningRecord record = sample_record();
  const std::string text =
      R"({"host":"amd-25-1-1_l1d32k_l2512k_l332m_c2","machine":"cpu_avx2",)"
      R"j("spec":"linear(rows=197,k=192,activation=none)","rule":"cpu/linear",)j"
      R"("knobs":{"m_r":6,"layout":"panel"},"versions":{"vitgen":")" +
      record.versions.vitgen + R"(","halide":")" + record.versions.halide +
      R"(","rule":1},"threads":1,"samples":31,"median_ns":1234.5,"spread":0.015625,)"
      R"("date":"2026-11-23T10:35:47Z","check":"bits"})";
  EXPECT_EQ(record_json(record).dump(), text);
  TuningRecord other = record;
  other.samples = 32;
  EXPECT_EQ(record.hash().size(), 64u);
  EXPECT_NE(record.hash(), other.hash());
  EXPECT_EQ(record.hash(), read_record(record_json(record)).hash());
}

struct Bad {
  const char* name;
  const char* key;  // that is replaced, or erased for null
  Json value;
  const char* code;
};

std::vector<Bad> bad_records() {
  return {
      {"HostMissing", "host", nullptr, "TUNE_FIELD"},
      {"ThreadsMissing", "threads", nullptr, "TUNE_FIELD"},
      {"ThreadsNone", "threads", 0, "TUNE_RANGE"},
      {"ThreadsMany", "threads", 1025, "TUNE_RANGE"},
      {"HostName", "host", "my-laptop", "TUNE_HOST"},
      {"MachinePath", "machine", "../cpu", "TUNE_FIELD"},
      {"SpecNoOp", "spec", "linear", "TUNE_FIELD"},
      {"SpecTwice", "spec", "linear(rows=1,rows=2)", "TUNE_FIELD"},
      {"SpecSpace", "spec", "linear(rows= 1)", "TUNE_FIELD"},
      {"SpecComma", "spec", "linear(rows=1,)", "TUNE_FIELD"},
      {"RuleEmpty", "rule", "", "TUNE_FIELD"},
      {"KnobsList", "knobs", Json::array(), "TUNE_FIELD"},
      {"KnobFraction", "knobs", {{"m_r", 6.5}}, "TUNE_FIELD"},
      {"KnobTrue", "knobs", {{"m_r", true}}, "TUNE_FIELD"},
      {"KnobComma", "knobs", {{"m_r", "6,n_r=3"}}, "TUNE_FIELD"},
      {"KnobName", "knobs", {{"m r", 6}}, "TUNE_FIELD"},
      {"VersionsExtra",
       "versions",
       {{"vitgen", "1"}, {"halide", "1"}, {"rule", 1}, {"llvm", "1"}},
       "TUNE_FIELD"},
      {"VersionsRule", "versions", {{"vitgen", "1"}, {"halide", "1"}, {"rule", 0}}, "TUNE_RANGE"},
      {"SamplesNone", "samples", 0, "TUNE_RANGE"},
      {"SamplesText", "samples", "31", "TUNE_FIELD"},
      {"MedianZero", "median_ns", 0, "TUNE_RANGE"},
      {"MedianNegative", "median_ns", -1.0, "TUNE_RANGE"},
      {"SpreadNegative", "spread", -0.5, "TUNE_RANGE"},
      {"DateShort", "date", "2026-11-23", "TUNE_FIELD"},
      {"DateNoDay", "date", "2026-02-29T00:00:00Z", "TUNE_FIELD"},
      {"DateNoHour", "date", "2026-02-28T24:00:00Z", "TUNE_FIELD"},
      {"CheckNone", "check", "trust", "TUNE_FIELD"},
      {"Unknown", "meidan_ns", 3, "TUNE_FIELD"},
  };
}

class BadRecord : public ::testing::TestWithParam<Bad> {};
INSTANTIATE_TEST_SUITE_P(All, BadRecord, ::testing::ValuesIn(bad_records()),
                         [](const auto& each) { return each.param.name; });

TEST_P(BadRecord, IsRefusedNamingTheField) {
  const Bad& bad = GetParam();
  Json json = record_json(sample_record());
  if (bad.value.is_null()) {
    json.erase(bad.key);
  } else {
    json[bad.key] = bad.value;
  }
  const auto thrown = thrown_by([&] { read_record(json); });
  EXPECT_EQ(thrown.code, bad.code) << thrown.message;
  EXPECT_EQ(thrown.exit, ExitCode::bad_input);
  EXPECT_TRUE(thrown.message.starts_with("t.json: ")) << thrown.message;
  EXPECT_NE(thrown.message.find(bad.key), std::string::npos) << thrown.message;
}

TEST(TuningRecord, AnUnknownKeyNamesTheNearest) {
  Json json = record_json(sample_record());
  json["meidan_ns"] = 3;
  EXPECT_EQ(thrown_by([&] { read_record(json); }).hint, "did you mean \"median_ns\"?");
  EXPECT_EQ(thrown_by([] { read_record(Json::array()); }).code, "TUNE_FIELD");
}

TEST(TuningRecord, WhatCouldNotBeReadBackIsNotStored) {
  check_record(sample_record());
  TuningRecord record = sample_record();
  record.choice.knobs.values.emplace_back("n_r", "1,k_r=2");
  EXPECT_EQ(thrown_by([&] { check_record(record); }).code, "TUNE_FIELD");
  record = sample_record();
  record.date = "yesterday";
  EXPECT_EQ(thrown_by([&] { check_record(record); }).code, "TUNE_FIELD");
}

TEST(TuningTrial, EveryStatusReadsBack) {
  const auto names = enum_names(TrialStatus{});
  for (std::size_t i = 0; i < names.size(); ++i) {
    TuningTrial trial = sample_trial(static_cast<int>(i));
    trial.status = static_cast<TrialStatus>(i);
    if (trial.status != TrialStatus::measured) {
      trial.samples = 0;
      trial.best_ns = trial.median_ns = 0;
      trial.reason = "14 registers spilled in the loop over k";
    }
    check_trial(trial);
    EXPECT_EQ(read_trial(trial_json(trial)), trial) << names[i];
  }
}

TEST(TuningTrial, OnlyWhatRanHasTimes) {
  TuningTrial trial = sample_trial();
  trial.status = TrialStatus::crashed;
  EXPECT_EQ(thrown_by([&] { check_trial(trial); }).code, "TUNE_RANGE");
  trial = sample_trial();
  trial.samples = 0;
  EXPECT_EQ(thrown_by([&] { check_trial(trial); }).code, "TUNE_RANGE");
  trial = sample_trial();
  trial.best_ns = 2 * trial.median_ns;
  EXPECT_EQ(thrown_by([&] { check_trial(trial); }).code, "TUNE_RANGE");
}

TEST(TuningTrial, AReasonIsOnePrintableLineAndARunAWord) {
  TuningTrial trial = sample_trial();
  trial.reason = "two\nlines";
  EXPECT_EQ(thrown_by([&] { check_trial(trial); }).code, "TUNE_FIELD");
  trial = sample_trial();
  trial.run = "a b";
  EXPECT_EQ(thrown_by([&] { check_trial(trial); }).code, "TUNE_FIELD");
}

TEST(Date, IsUtcAndExists) {
  EXPECT_TRUE(is_utc_date(utc_now())) << utc_now();
  EXPECT_TRUE(is_utc_date("2028-02-29T23:59:59Z"));
  EXPECT_FALSE(is_utc_date("2026-13-01T00:00:00Z"));
  EXPECT_FALSE(is_utc_date("2026-01-01T00:00:00+"));
}

}  // namespace
}  // namespace vitgen
