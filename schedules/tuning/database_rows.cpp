#include "schedules/tuning/database_rows.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace vitgen {

namespace {

// As SQLite keeps them, so that the texts can be compared. Times are REAL even where they are
// whole; text has no collation but bytes.
constexpr std::string_view kRecordsTable = R"(CREATE TABLE records(
  host TEXT NOT NULL, machine TEXT NOT NULL, spec TEXT NOT NULL, rule TEXT NOT NULL,
  vitgen TEXT NOT NULL, halide TEXT NOT NULL, rule_version INTEGER NOT NULL,
  threads INTEGER NOT NULL,
  knobs TEXT NOT NULL,
  samples INTEGER NOT NULL, median_ns REAL NOT NULL, spread REAL NOT NULL,
  date TEXT NOT NULL, checked TEXT NOT NULL,
  PRIMARY KEY(host, machine, spec, rule, vitgen, halide, rule_version, threads)
) STRICT, WITHOUT ROWID)";
constexpr std::string_view kTrialsTable = R"(CREATE TABLE trials(
  number INTEGER PRIMARY KEY,
  host TEXT NOT NULL, machine TEXT NOT NULL, spec TEXT NOT NULL, rule TEXT NOT NULL,
  vitgen TEXT NOT NULL, halide TEXT NOT NULL, rule_version INTEGER NOT NULL,
  threads INTEGER NOT NULL,
  knobs TEXT NOT NULL,
  status TEXT NOT NULL, reason TEXT NOT NULL,
  samples INTEGER NOT NULL, best_ns REAL NOT NULL, median_ns REAL NOT NULL,
  run TEXT NOT NULL, ordinal INTEGER NOT NULL, date TEXT NOT NULL,
  UNIQUE(run, machine, spec, ordinal)
) STRICT)";

constexpr std::string_view kRecordColumns =
    "host, machine, spec, rule, vitgen, halide, rule_version, threads, knobs, samples, median_ns, "
    "spread, date, checked";
constexpr std::string_view kHasRecordKey =
    "WHERE host = ? AND machine = ? AND spec = ? AND rule = ? AND vitgen = ? AND halide = ? "
    "AND rule_version = ? AND threads = ?";
constexpr std::string_view kTrialColumns =
    "host, machine, spec, rule, vitgen, halide, rule_version, threads, knobs, status, reason, "
    "samples, best_ns, median_ns, run, ordinal, date";

template <class Value>
void bind_key(Statement& statement, const Value& value) {
  statement.bind(value.host)
      .bind(value.machine)
      .bind(value.spec.text())
      .bind(value.choice.rule)
      .bind(value.versions.vitgen)
      .bind(value.versions.halide)
      .bind(std::int64_t{value.versions.rule})
      .bind(std::int64_t{value.threads});
}

template <class Value>
void read_key(Statement& row, Value& value) {
  value.host = row.text();
  value.machine = row.text();
  value.spec = OpSpec::parse(row.text());
  value.choice.rule = row.text();
  value.versions.vitgen = row.text();
  value.versions.halide = row.text();
  value.versions.rule = row.small_number();
  value.threads = row.small_number();
  value.choice.knobs = Fields::parse(row.text());
}

TuningRecord read_record(Statement& row) {
  TuningRecord record;
  read_key(row, record);
  record.samples = row.small_number();
  record.median_ns = row.real();
  record.spread = row.real();
  record.date = row.text();
  record.check = parse_enum<TuningCheck>(row.text(), "check");
  check_record(record);
  return record;
}

TuningTrial read_trial(Statement& row) {
  TuningTrial trial;
  read_key(row, trial);
  trial.status = parse_enum<TrialStatus>(row.text(), "status");
  trial.reason = row.text();
  trial.samples = row.small_number();
  trial.best_ns = row.real();
  trial.median_ns = row.real();
  trial.run = row.text();
  trial.ordinal = row.small_number();
  trial.date = row.text();
  check_trial(trial);
  return trial;
}

// Whatever is wrong with a row, the database is.
template <class Read>
auto read_row(const Sqlite& database, Statement& row, const Read& read) {
  try {
    return read(row);
  } catch (const Error& error) {
    if (error.code() == "TUNE_DB_FORMAT") throw;
    database.bad_format(error.what());
  }
}

void put_trial(Sqlite& database, const TuningTrial& trial, std::string_view verb) {
  Statement insert(database,
                   fmt::format("{} INTO trials({}) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", verb,
                               kTrialColumns));
  bind_key(insert, trial);
  insert.bind(trial.choice.knobs.text())
      .bind(enum_text(trial.status))
      .bind(trial.reason)
      .bind(std::int64_t{trial.samples})
      .bind(trial.best_ns)
      .bind(trial.median_ns)
      .bind(trial.run)
      .bind(std::int64_t{trial.ordinal})
      .bind(trial.date);
  insert.run();
}

// "" and 0 match all.
std::string condition(const TuningFilter& filter, bool of_trials) {
  std::string where = " WHERE 1";
  if (!filter.host.empty()) where += " AND host = ?";
  if (!filter.machine.empty()) where += " AND machine = ?";
  if (!filter.spec.empty()) where += " AND spec = ?";
  if (of_trials && !filter.run.empty()) where += " AND run = ?";
  if (filter.threads != 0) where += " AND threads = ?";
  return where;
}

void bind_filter(Statement& statement, const TuningFilter& filter, bool of_trials) {
  if (!filter.host.empty()) statement.bind(filter.host);
  if (!filter.machine.empty()) statement.bind(filter.machine);
  if (!filter.spec.empty()) statement.bind(filter.spec);
  if (of_trials && !filter.run.empty()) statement.bind(filter.run);
  if (filter.threads != 0) statement.bind(std::int64_t{filter.threads});
}

}  // namespace

void create_tables(Sqlite& database) {
  database.run(fmt::format("{};\n{};", kRecordsTable, kTrialsTable));
}

void require_own_tables(const Sqlite& database) {
  // The index is SQLite's own, of UNIQUE.
  const std::array<std::array<std::string_view, 4>, 3> own = {
      {{"index", "sqlite_autoindex_trials_1", "trials", ""},
       {"table", "records", "records", kRecordsTable},
       {"table", "trials", "trials", kTrialsTable}}};
  Statement row(database,
                "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema "
                "ORDER BY type, name LIMIT 4");
  std::size_t count = 0;
  for (; row.step(); ++count) {
    bool same = count < own.size();
    for (std::size_t i = 0; same && i < own[count].size(); ++i) same = row.text() == own[count][i];
    if (!same) database.bad_format("holds other things than the tables of a tuning database");
  }
  if (count != own.size()) database.bad_format("lacks a table of a tuning database");
}

void require_few_rows(const Sqlite& database) {
  for (const std::string_view table : {"records", "trials"}) {
    Statement row(database, fmt::format("SELECT count(*) FROM (SELECT 1 FROM {} LIMIT {})", table,
                                        kMaxRows + 1));
    if (row.step() && row.number() <= kMaxRows) continue;
    database.bad_format(fmt::format("holds more than {} {}", kMaxRows, table));
  }
}

void put_row(Sqlite& database, const TuningRecord& record) {
  Statement insert(
      database,
      fmt::format("INSERT OR REPLACE INTO records({}) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                  kRecordColumns));
  bind_key(insert, record);
  insert.bind(record.choice.knobs.text())
      .bind(std::int64_t{record.samples})
      .bind(record.median_ns)
      .bind(record.spread)
      .bind(record.date)
      .bind(enum_text(record.check));
  insert.run();
}

void put_row(Sqlite& database, const TuningTrial& trial) {
  put_trial(database, trial, "INSERT OR REPLACE");
}

bool insert_row(Sqlite& database, const TuningTrial& trial) {
  put_trial(database, trial, "INSERT OR IGNORE");
  return database.number("SELECT changes()") > 0;
}

void erase_row(Sqlite& database, const TuningRecord& record) {
  Statement erase(database, fmt::format("DELETE FROM records {}", kHasRecordKey));
  bind_key(erase, record);
  erase.run();
}

void erase_row(Sqlite& database, const TuningTrial& trial) {
  Statement erase(database,
                  "DELETE FROM trials WHERE run = ? AND machine = ? AND spec = ? AND ordinal = ?");
  erase.bind(trial.run)
      .bind(trial.machine)
      .bind(trial.spec.text())
      .bind(std::int64_t{trial.ordinal});
  erase.run();
}

std::optional<TuningRecord> row_with_key(const Sqlite& database, const TuningRecord& record) {
  Statement row(database, fmt::format("SELECT {} FROM records {}", kRecordColumns, kHasRecordKey));
  bind_key(row, record);
  if (!row.step()) return std::nullopt;
  return read_row(database, row, read_record);
}

std::vector<TuningRecord> record_rows(const Sqlite& database, const TuningFilter& filter) {
  Statement row(database,
                fmt::format("SELECT {} FROM records{} ORDER BY host, machine, spec, rule, "
                            "vitgen, halide, rule_version, threads",
                            kRecordColumns, condition(filter, false)));
  bind_filter(row, filter, false);
  std::vector<TuningRecord> records;
  while (row.step()) records.push_back(read_row(database, row, read_record));
  return records;
}

std::vector<TuningTrial> trial_rows(const Sqlite& database, const TuningFilter& filter) {
  Statement row(database, fmt::format("SELECT {} FROM trials{} ORDER BY number", kTrialColumns,
                                      condition(filter, true)));
  bind_filter(row, filter, true);
  std::vector<TuningTrial> trials;
  while (row.step()) trials.push_back(read_row(database, row, read_trial));
  return trials;
}

}  // namespace vitgen
