#include "schedules/tuning/document.h"

#include <fmt/format.h>

#include <set>
#include <utility>

namespace vitgen {

namespace {

constexpr JsonLimits kLimits{.bytes = std::size_t{64} << 20, .depth = 16};

JsonCodes knobs_codes() {
  return {.syntax = "KNOBS_JSON",
          .duplicate = "KNOBS_JSON",
          .field = "KNOBS_FIELD",
          .range = "KNOBS_FIELD"};
}

void check_schema(const JsonFile& file, const std::string& list, int known,
                  const std::string& code) {
  // Another schema is told as such, whatever other keys it has.
  constexpr int kAny = 1'000'000;
  const auto schema = get_int(file, "schema", 1, kAny);
  if (schema != known) {
    json_error(file, "schema", code,
               fmt::format("is {}, {} vitgen wrote it; this one reads {}", schema,
                           schema > known ? "a newer" : "an older", known));
  }
  require_keys(file, {"schema", list});
}

Json document(int schema, const std::string& list, Json items) {
  return {{"schema", schema}, {list, std::move(items)}};
}

}  // namespace

std::string document_text(const Json& document) { return document.dump(1) + "\n"; }

Json records_json(std::span<const TuningRecord> records) {
  Json list = Json::array();
  for (const TuningRecord& record : records) list.push_back(record_json(record));
  return document(kRecordsSchema, "records", std::move(list));
}

std::vector<TuningRecord> parse_records(const JsonFile& file) {
  check_schema(file, "records", kRecordsSchema, "TUNE_SCHEMA");
  std::vector<TuningRecord> records;
  for (const JsonFile& item : json_elements(file, "records")) records.push_back(parse_record(item));
  return records;
}

std::vector<TuningRecord> read_records(const std::string& path) {
  return parse_records(read_json(path, kLimits, tuning_codes()));
}

Json knobs_file_json(std::span<const KnobsEntry> entries) {
  Json list = Json::array();
  for (const KnobsEntry& entry : entries) {
    list.push_back({{"machine", entry.machine},
                    {"spec", entry.spec.text()},
                    {"rule", entry.choice.rule},
                    {"knobs", knobs_json(entry.choice.knobs)}});
  }
  return document(kKnobsSchema, "kernels", std::move(list));
}

std::vector<KnobsEntry> parse_knobs_file(const JsonFile& file) {
  check_schema(file, "kernels", kKnobsSchema, "KNOBS_SCHEMA");
  std::vector<KnobsEntry> entries;
  std::set<std::pair<std::string, std::string>> seen;
  for (const JsonFile& item : json_elements(file, "kernels")) {
    require_keys(item, {"machine", "spec", "rule", "knobs"});
    KnobsEntry entry{.machine = parse_machine_name(item, "machine"),
                     .spec = parse_spec(item, "spec"),
                     .choice = {parse_rule_name(item, "rule"), parse_knobs(item, "knobs")}};
    if (!seen.emplace(entry.machine, entry.spec.text()).second) {
      json_error(item, "spec", item.codes.field, "this kernel stands twice in the file");
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::vector<KnobsEntry> read_knobs_file(const std::string& path) {
  return parse_knobs_file(read_json(path, kLimits, knobs_codes()));
}

}  // namespace vitgen
