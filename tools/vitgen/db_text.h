#pragma once
// What `vitgen db` prints: records, sums over a database, and what a command changed, each as text
// and as JSON.

#include <span>
#include <string>

#include "schedules/tuning/database.h"

namespace vitgen {

/// One line a record, below one heading a host and machine.
std::string records_text(std::span<const TuningRecord> records);

/// One line for each host whose records came with the program; empty without any.
std::string shipped_text(std::span<const TuningRecord> shipped);

/// Counts by host, machine and op, of versions, and of trials by their end.
std::string stats_text(std::span<const TuningRecord> records, std::span<const TuningTrial> trials);
Json stats_json(std::span<const TuningRecord> records, std::span<const TuningTrial> trials);

std::string merge_text(const MergeReport& report);
Json merge_json(const MergeReport& report);

/// A note that names the first record, or else the first trial, of a date that is still to come,
/// and counts the others; empty if there is none.
std::string future_text(std::span<const TuningRecord> records, std::span<const TuningTrial> trials);

std::string pruned_text(const TuningDatabase::Pruned& pruned, bool only_tell);
Json pruned_json(const TuningDatabase::Pruned& pruned, bool only_tell);

}  // namespace vitgen
