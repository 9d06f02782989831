#pragma once
// The tables of the tuning database: rows to values and back.

#include <string_view>
#include <vector>

#include "schedules/tuning/database.h"

namespace vitgen {

/// SQL that makes the tables in an empty database.
extern const std::string_view kCreateTables;

/// Inserts, or replaces the row with the value's key.
void put_row(Sqlite& database, const TuningRecord& record);
void put_row(Sqlite& database, const TuningTrial& trial);
/// Inserts unless a trial of the key is there; true if it did.
bool insert_row(Sqlite& database, const TuningTrial& trial);

void erase_row(Sqlite& database, const TuningRecord& record);
void erase_row(Sqlite& database, const TuningTrial& trial);

/// Rows that match the filter, each checked as if it came from a file. Throws TUNE_DB_FORMAT.
std::vector<TuningRecord> record_rows(const Sqlite& database, const TuningFilter& filter);
std::vector<TuningTrial> trial_rows(const Sqlite& database, const TuningFilter& filter);

}  // namespace vitgen
