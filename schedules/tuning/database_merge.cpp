// Joining what was measured in several places.

#include <fmt/format.h>

#include <tuple>

#include "generators/base/counted.h"
#include "schedules/tuning/database.h"
#include "schedules/tuning/database_rows.h"

namespace vitgen {

namespace {

std::string support_text(const TuningRecord& record) {
  return fmt::format("{} ({}, {})", record.choice.text(), counted(record.samples, "sample"),
                     record.date);
}

std::string note(const TuningRecord& better, const TuningRecord& other) {
  return fmt::format("{} for {} on {}: {} stays, {} has less support", better.spec.text(),
                     better.machine, better.host, support_text(better), support_text(other));
}

void merge_record(Sqlite& database, const TuningRecord& record, MergeReport& report) {
  const std::optional<TuningRecord> old = row_with_key(database, record);
  if (!old) {
    ++report.added;
  } else if (*old == record) {
    ++report.equal;
    return;
  } else if (better_supported(*old, record)) {
    ++report.kept;
    report.notes.push_back(note(*old, record));
    return;
  } else {
    ++report.replaced;
    report.notes.push_back(note(record, *old));
  }
  put_row(database, record);
}

}  // namespace

bool same_key(const TuningRecord& a, const TuningRecord& b) {
  return a.host == b.host && a.machine == b.machine && a.spec == b.spec &&
         a.choice.rule == b.choice.rule && a.versions == b.versions && a.threads == b.threads;
}

bool preferred_to(const TuningRecord& a, const TuningRecord& b) {
  return std::tie(a.threads, a.median_ns, a.choice.rule) <
         std::tie(b.threads, b.median_ns, b.choice.rule);
}

bool better_supported(const TuningRecord& a, const TuningRecord& b) {
  if (a.samples != b.samples) return a.samples > b.samples;
  if (a.date != b.date) return a.date > b.date;  // the text form sorts by time
  return a.hash() < b.hash();
}

MergeReport TuningDatabase::merge(std::span<const TuningRecord> records,
                                  std::span<const TuningTrial> trials) {
  for (const TuningRecord& record : records) check_record(record);
  for (const TuningTrial& trial : trials) check_trial(trial);
  Transaction transaction(database_);
  MergeReport report;
  for (const TuningRecord& record : records) merge_record(database_, record, report);
  for (const TuningTrial& trial : trials) report.trials += insert_row(database_, trial) ? 1 : 0;
  transaction.commit();
  return report;
}

}  // namespace vitgen
