#pragma once
// The tables of the tuning database: rows to values and back.

#include <optional>
#include <string_view>
#include <vector>

#include "schedules/tuning/database.h"

namespace vitgen {

/// Rows of a table: a thousand searches of a large model are fewer.
inline constexpr std::int64_t kMaxRows = 1'000'000;

/// In an empty database.
void create_tables(Sqlite& database);

/// Throws TUNE_DB_FORMAT unless the database holds just what create_tables() makes: a view or a
/// trigger of somebody else could compute for ever.
void require_own_tables(const Sqlite& database);
/// Throws TUNE_DB_FORMAT if a table has more than kMaxRows.
void require_few_rows(const Sqlite& database);

/// Inserts, or replaces the row with the value's key.
void put_row(Sqlite& database, const TuningRecord& record);
void put_row(Sqlite& database, const TuningTrial& trial);
/// Inserts unless a trial of the key is there; true if it did.
bool insert_row(Sqlite& database, const TuningTrial& trial);

void erase_row(Sqlite& database, const TuningRecord& record);
void erase_row(Sqlite& database, const TuningTrial& trial);

/// The row that `record` would replace. Throws TUNE_DB_FORMAT.
std::optional<TuningRecord> row_with_key(const Sqlite& database, const TuningRecord& record);

/// Rows that match the filter, each checked as if it came from a file. Throws TUNE_DB_FORMAT.
std::vector<TuningRecord> record_rows(const Sqlite& database, const TuningFilter& filter);
std::vector<TuningTrial> trial_rows(const Sqlite& database, const TuningFilter& filter);

}  // namespace vitgen
