// Records and knobs as files: round trips, and strictness.

#include "schedules/tuning/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schedules/tuning/database.h"
#include "schedules/tuning/host.h"
#include "schedules/tuning/shipped.h"
#include "tests/base/support.h"
#include "tests/tuning/samples.h"

namespace vitgen {
namespace {

using testing::sample_record;
using testing::Scratch;
using testing::thrown_by;

std::string code_of_records(const std::string& text) {
  const Scratch scratch;
  return thrown_by([&] { read_records(scratch.write("r.json", text)); }).code;
}

testing::Thrown thrown_by_knobs(const std::string& text) {
  const Scratch scratch;
  return thrown_by([&] { read_knobs_file(scratch.write("my.knobs.json", text)); });
}

TEST(RecordsFile, ReadsBackAsItWasWritten) {
  const Scratch scratch;
  const std::vector<TuningRecord> records = {sample_record(0), sample_record(1)};
  const std::string text = document_text(records_json(records));
  EXPECT_EQ(read_records(scratch.write("r.json", text)), records);
  EXPECT_EQ(document_text(records_json(read_records(scratch.at("r.json")))), text);
  EXPECT_TRUE(text.starts_with("{\n \"schema\": 2,\n \"records\": [\n  {\n")) << text;
}

TEST(RecordsFile, IsReadStrictly) {
  EXPECT_EQ(code_of_records(R"({"schema": 2, "records": []})"), "");
  EXPECT_EQ(code_of_records(R"({"schema": 2, "records": [)"), "TUNE_JSON");
  EXPECT_EQ(code_of_records(R"({"schema": 2, "schema": 2, "records": []})"), "TUNE_JSON");
  EXPECT_EQ(code_of_records(R"({"records": []})"), "TUNE_FIELD");
  EXPECT_EQ(code_of_records(R"({"schema": 3, "entries": []})"), "TUNE_SCHEMA");
  EXPECT_EQ(code_of_records(R"({"schema": 0, "records": []})"), "TUNE_RANGE");
  EXPECT_EQ(code_of_records(R"({"schema": 2, "records": [], "note": ""})"), "TUNE_FIELD");
  EXPECT_EQ(code_of_records(R"({"schema": 2, "records": {}})"), "TUNE_FIELD");
  EXPECT_EQ(code_of_records(R"({"schema": 2, "records": [{}]})"), "TUNE_FIELD");
  EXPECT_EQ(code_of_records(R"([])"), "TUNE_FIELD");
}

// Without `threads` its records cannot be told from those of other numbers of threads.
TEST(RecordsFile, OfAnOlderSchemaSaysSoAndNothingElse) {
  Json json = records_json(std::vector{sample_record(0)});
  json["schema"] = 1;
  json["records"][0].erase("threads");
  const Scratch scratch;
  const auto thrown = thrown_by([&] { read_records(scratch.write("r.json", json.dump())); });
  EXPECT_EQ(thrown.code, "TUNE_SCHEMA");
  EXPECT_EQ(thrown.message, "r.json: schema: is 1, an older vitgen wrote it; this one reads 2");
}

TEST(RecordsFile, ABadRecordIsNamedByItsPlace) {
  Json json = records_json(std::vector{sample_record(0), sample_record(1)});
  json["records"][1]["samples"] = 0;
  const Scratch scratch;
  const auto thrown = thrown_by([&] { read_records(scratch.write("r.json", json.dump())); });
  EXPECT_EQ(thrown.message,
            "r.json: records[1]: samples: expected an integer 1..1000000000, got 0");
}

TEST(KnobsFile, ReadsBackAsItWasWritten) {
  const Scratch scratch;
  const std::vector<KnobsEntry> entries = {
      {"cpu_avx2", sample_record(0).spec, sample_record(0).choice},
      {"cpu_avx512", sample_record(0).spec, {"fallback", {}}}};
  const std::string text = document_text(knobs_file_json(entries));
  EXPECT_EQ(read_knobs_file(scratch.write("k.json", text)), entries);
}

TEST(KnobsFile, IsReadStrictly) {
  const std::string good =
      R"j({"machine": "cpu_avx2", "spec": "linear(rows=1)", "rule": "cpu/linear", "knobs": {"m_r": 6}})j";
  const auto file = [&](const std::string& kernels) {
    return R"({"schema": 1, "kernels": [)" + kernels + "]}";
  };
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return file(text);
  };
  EXPECT_EQ(thrown_by_knobs(file(good)).code, "");
  EXPECT_EQ(thrown_by_knobs(file(good + "," + good)).code, "KNOBS_FIELD");
  EXPECT_EQ(thrown_by_knobs("{").code, "KNOBS_JSON");
  EXPECT_EQ(thrown_by_knobs(R"({"schema": 7})").code, "KNOBS_SCHEMA");
  EXPECT_EQ(thrown_by_knobs(with("6", "6.5")).code, "KNOBS_FIELD");
  EXPECT_EQ(thrown_by_knobs(with("6", "[6]")).code, "KNOBS_FIELD");
  EXPECT_EQ(thrown_by_knobs(with("cpu/linear", "cpu linear")).code, "KNOBS_FIELD");
  EXPECT_EQ(thrown_by_knobs(with("(rows=1)", "")).code, "KNOBS_FIELD");
  const auto thrown = thrown_by_knobs(with("machine", "mashine"));
  EXPECT_EQ(thrown.code, "KNOBS_FIELD");
  EXPECT_EQ(thrown.hint, "did you mean \"machine\"?");
}

TEST(ShippedRecords, AreOfTheHostThatTheirFileIsNamedAfter) {
  ASSERT_FALSE(shipped_files().empty());
  for (const ShippedFile& file : shipped_files()) {
    const std::string host(file.host);
    check_host(host);
    for (const TuningRecord& record : parse_records(
             parse_json(file.text, host, {.bytes = std::size_t{1} << 20}, tuning_codes()))) {
      EXPECT_EQ(record.host, host);
    }
  }
}

// Records of other versions are not used: they would lie there without anybody noticing.
TEST(ShippedRecords, AreOfThisVersionAndEachKeyStandsOnce) {
  const std::vector<TuningRecord> all = shipped_records();
  ASSERT_FALSE(all.empty());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const TuningVersions versions = current_versions(all[i].versions.rule);
    EXPECT_EQ(all[i].versions, versions) << all[i].spec.text();
    for (std::size_t j = 0; j < i; ++j) EXPECT_FALSE(same_key(all[i], all[j]));
  }
}

}  // namespace
}  // namespace vitgen
