#pragma once
// What was measured: a record is a choice that was checked and timed on one host, a trial is one
// candidate that a search tried. Values with a JSON form; no database, no search.

#include <string>
#include <vector>

#include "generators/base/json.h"
#include "generators/base/op_spec.h"
#include "schedules/choice.h"

namespace vitgen {

/// What a measurement depends on besides host, machine, spec and choice.
struct TuningVersions {
  std::string vitgen;
  std::string halide;
  int rule = 1;  ///< RuleEntry::version of the choice's rule

  bool operator==(const TuningVersions&) const = default;
};

/// Of this program, for a rule of this version.
TuningVersions current_versions(int rule);

/// How a kernel was found right before it was timed.
enum class TuningCheck : std::uint8_t {
  bits,  ///< bit for bit what `fallback` computes
  bound  ///< within the derived bound of the double-precision reference
};
inline std::vector<std::string_view> enum_names(TuningCheck) { return {"bits", "bound"}; }

struct TuningRecord {
  std::string host;     ///< host_text(), or gpu_host_text() of a GPU's row
  std::string machine;  ///< row name, "cpu_avx2"
  OpSpec spec;
  Choice choice;
  TuningVersions versions;
  int threads = 1;       ///< that the timed calls ran on; of a GPU 1
  int samples = 1;       ///< timed runs that median and spread are of
  double median_ns = 0;  ///< of one call
  double spread = 0;     ///< (75th - 25th percentile) / median, of the same samples
  std::string date;      ///< UTC, "2026-11-23T10:35:47Z"
  TuningCheck check = TuningCheck::bits;

  /// Hex SHA-256 of the compact text of record_json().
  std::string hash() const;
  /// Its first digits, for people; manifests have all 64.
  std::string short_hash() const;
  bool operator==(const TuningRecord&) const = default;
};

enum class TrialStatus : std::uint8_t {
  measured,
  rejected_model,  ///< by the analytic model of registers and caches
  rejected_mca,    ///< by LLVM MCA
  rejected_code,   ///< by what the emitted code looks like: spills, calls
  compile_failed,
  crashed,
  timed_out,
  wrong_result
};
inline std::vector<std::string_view> enum_names(TrialStatus) {
  return {"measured",       "rejected_model", "rejected_mca", "rejected_code",
          "compile_failed", "crashed",        "timed_out",    "wrong_result"};
}

struct TuningTrial {
  std::string host;
  std::string machine;
  OpSpec spec;
  Choice choice;
  TuningVersions versions;
  int threads = 1;  ///< that the timed calls ran on
  TrialStatus status = TrialStatus::measured;
  std::string reason;  ///< one printable line; empty if measured
  int samples = 0;     ///< 0 unless measured
  double best_ns = 0;  ///< 0 unless measured
  double median_ns = 0;
  std::string run;  ///< id of the search: letters, digits and _.+-:, at most 64
  int ordinal = 0;  ///< of the trial in its search, from 0
  std::string date;

  bool operator==(const TuningTrial&) const = default;
};

/// Key order is fixed, so equal values have equal text. Knobs that are whole numbers are numbers.
Json record_json(const TuningRecord& record);
Json trial_json(const TuningTrial& trial);
Json knobs_json(const Fields& knobs);

/// Strict: every key there, no other, each in range and in its one spelling. Throws bad_input
/// TUNE_FIELD, TUNE_RANGE or TUNE_HOST (or what `file.codes` says) naming the place.
TuningRecord parse_record(const JsonFile& file);
TuningTrial parse_trial(const JsonFile& file);

/// Parts of them, at `path`.
Fields parse_knobs(const JsonFile& file, std::string_view path);
OpSpec parse_spec(const JsonFile& file, std::string_view path);
std::string parse_rule_name(const JsonFile& file, std::string_view path);
std::string parse_machine_name(const JsonFile& file, std::string_view path);

/// The codes that documents of records, trials and knobs are read with.
JsonCodes tuning_codes();

/// Throws what parse_record would throw for the record's own JSON: nothing that cannot be read back
/// is stored.
void check_record(const TuningRecord& record);
void check_trial(const TuningTrial& trial);

/// Throws codes.field naming a key of the object that is not in `known`, with the nearest.
void require_keys(const JsonFile& file, const std::vector<std::string>& known);

/// "2 threads, " as a part of what is said of a record; empty for a GPU's, where they mean nothing.
std::string threads_text(const TuningRecord& record);

/// The time now as `date` is written.
std::string utc_now();

/// The last `date` that can be right: a day from now, because clocks differ. Dates sort as text.
std::string latest_date();

/// "2026-11-23T10:35:47Z" and a date that exists.
bool is_utc_date(std::string_view text);

}  // namespace vitgen
