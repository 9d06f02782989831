#pragma once
// Records and knobs as files that people exchange, review and edit.
//
//   {"schema": 2, "records": [record, ...]}
//   {"schema": 1, "kernels": [{"machine": "cpu_avx2", "spec": "linear(...)", "rule": "cpu/linear",
//                              "knobs": {"m_r": 6, ...}}, ...]}
//
// Errors: bad_input TUNE_JSON, TUNE_FIELD, TUNE_RANGE, TUNE_HOST, and TUNE_SCHEMA for a newer or
// an older one; for knobs KNOBS_JSON, KNOBS_FIELD, KNOBS_SCHEMA.

#include <span>
#include <string>
#include <vector>

#include "schedules/tuning/record.h"

namespace vitgen {

inline constexpr int kRecordsSchema = 2;  // 1 did not say on how many threads
inline constexpr int kKnobsSchema = 1;

Json records_json(std::span<const TuningRecord> records);
std::vector<TuningRecord> parse_records(const JsonFile& file);
std::vector<TuningRecord> read_records(const std::string& path);

/// The choice that a person made for one kernel.
struct KnobsEntry {
  std::string machine;
  OpSpec spec;
  Choice choice;

  bool operator==(const KnobsEntry&) const = default;
};

Json knobs_file_json(std::span<const KnobsEntry> entries);
/// Two entries for one kernel and machine are an error.
std::vector<KnobsEntry> parse_knobs_file(const JsonFile& file);
std::vector<KnobsEntry> read_knobs_file(const std::string& path);

/// As files are written: indented by one, with a line's end.
std::string document_text(const Json& document);

}  // namespace vitgen
