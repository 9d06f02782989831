#include "schedules/tuning/database.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

#include "schedules/tuning/database_rows.h"

namespace vitgen {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kSchema = 2;                // 1 did not say on how many threads
constexpr std::int64_t kApplication = 0x7674756e;  // "vtun"

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// True if the file is a tuning database of this schema, false if it is empty as a new one is.
bool check_schema(Sqlite& database) {
  const std::int64_t application = database.number("PRAGMA application_id");
  const std::int64_t schema = database.number("PRAGMA user_version");
  const std::int64_t tables = database.number("SELECT count(*) FROM sqlite_schema");
  if (application == 0 && schema == 0 && tables == 0) return false;
  if (application != kApplication) database.bad_format("the database of another program");
  if (schema > kSchema) {
    database.fail_as(
        ExitCode::bad_input, "TUNE_DB_SCHEMA",
        fmt::format("has schema {}, this vitgen knows {}: a newer one wrote it", schema, kSchema),
        "use the newer vitgen, or another database with --db FILE");
  }
  if (schema < 1) database.bad_format("has no schema version");
  if (schema < kSchema) {
    database.fail_as(
        ExitCode::bad_input, "TUNE_DB_SCHEMA",
        fmt::format("has schema {}, this vitgen needs {}: an older one wrote it", schema, kSchema),
        "put the file away and tune again, or name another database with --db FILE");
  }
  require_own_tables(database);
  require_few_rows(database);
  return true;
}

// The same, seen at one moment: another process may be making the tables.
bool check_schema_at_once(Sqlite& database) {
  database.run("BEGIN");
  const bool made = check_schema(database);
  database.run("COMMIT");
  return made;
}

// Two processes that make a database at once fail each other here without waiting.
void use_write_ahead_log(Sqlite& database, int wait_ms) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
  while (true) {
    try {
      database.run("PRAGMA journal_mode = WAL");
      return;
    } catch (const Error& error) {
      if (error.code() != "TUNE_DB_LOCKED" || std::chrono::steady_clock::now() > end) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
}

void make_tables(Sqlite& database) {
  Transaction transaction(database);
  if (!check_schema(database)) {
    create_tables(database);
    database.run(
        fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplication, kSchema));
  }
  transaction.commit();
}

void require_regular(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status) || fs::is_regular_file(status)) return;
  throw Error(ExitCode::io, "TUNE_DB_OPEN", printable(path.string()) + ": not a regular file");
}

void make_folder(const fs::path& path) {
  if (path.parent_path().empty()) return;
  std::error_code failed;
  fs::create_directories(path.parent_path(), failed);
  if (!failed) return;
  throw Error(
      ExitCode::io, "TUNE_DB_OPEN",
      fmt::format("{}: its folder cannot be made: {}", printable(path.string()), failed.message()),
      "--db FILE or VITGEN_TUNING_DB names another database");
}

// SQLite tells of a folder that cannot be written only that the file in it is not there.
void require_writable_folder(const fs::path& path) {
  std::error_code error;
  if (fs::exists(path, error)) return;
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (::access(folder.c_str(), W_OK) == 0) return;
  throw Error(ExitCode::io, "TUNE_DB_READONLY",
              fmt::format("{}: its folder cannot be written: {}", printable(path.string()),
                          std::strerror(errno)),
              "--db FILE or VITGEN_TUNING_DB names another database");
}

// Whether nothing waits in the log: only then the file alone is the whole database.
bool log_is_empty(const std::string& path) {
  struct stat log{};
  return ::stat((path + "-wal").c_str(), &log) != 0 || log.st_size == 0;
}

}  // namespace

std::string default_tuning_database() {
  // An empty variable counts as unset, as the XDG rules say.
  if (const std::string own = variable("VITGEN_TUNING_DB"); !own.empty()) return own;
  fs::path data = variable("XDG_DATA_HOME");
  if (data.empty()) {
    const std::string home = variable("HOME");
    if (home.empty()) return {};
    data = fs::path(home) / ".local" / "share";
  }
  return (data / "vitgen" / "tuning.db").string();
}

std::string tuning_database_path(const std::string& named) {
  const std::string path = named.empty() ? default_tuning_database() : named;
  if (!path.empty()) return path;
  throw Error(ExitCode::usage, "TUNE_DB_NONE", "no tuning database: neither HOME nor XDG_DATA_HOME",
              "name one with --db FILE or VITGEN_TUNING_DB");
}

TuningDatabase TuningDatabase::open(const std::string& path, int wait_ms) {
  require_regular(path);
  make_folder(path);
  require_writable_folder(path);
  Sqlite database(path, SqliteMode::write, wait_ms);
  if (!check_schema_at_once(database)) {
    use_write_ahead_log(database, wait_ms);
    make_tables(database);
  }
  // Every commit waits for the disk: an acknowledged record survives a loss of power.
  database.run("PRAGMA synchronous = FULL");
  return TuningDatabase(std::move(database));
}

std::optional<TuningDatabase> TuningDatabase::open_to_read(const std::string& path, int wait_ms) {
  require_regular(path);
  std::error_code error;
  if (fs::status(path, error).type() == fs::file_type::not_found) return std::nullopt;
  try {
    Sqlite database(path, SqliteMode::read, wait_ms);
    if (!check_schema_at_once(database)) return std::nullopt;
    return TuningDatabase(std::move(database));
  } catch (const Error& failed) {
    // Where nothing can be written the index of the log cannot be made, and need not be.
    const bool refused = failed.code() == "TUNE_DB_OPEN" || failed.code() == "TUNE_DB_READONLY";
    if (!refused || ::access(path.c_str(), R_OK) != 0 || !log_is_empty(path)) throw;
  }
  Sqlite database(path, SqliteMode::immutable, wait_ms);
  if (!check_schema_at_once(database)) return std::nullopt;
  return TuningDatabase(std::move(database));
}

void TuningDatabase::put(const TuningRecord& record) {
  check_record(record);
  Transaction transaction(database_);
  put_row(database_, record);
  transaction.commit();
}

void TuningDatabase::add(const TuningTrial& trial) {
  check_trial(trial);
  Transaction transaction(database_);
  put_row(database_, trial);
  transaction.commit();
}

std::vector<TuningRecord> TuningDatabase::records(const TuningFilter& filter) const {
  return record_rows(database_, filter);
}

std::vector<TuningTrial> TuningDatabase::trials(const TuningFilter& filter) const {
  return trial_rows(database_, filter);
}

std::optional<TuningRecord> TuningDatabase::best(
    const std::string& host, const std::string& machine, const OpSpec& spec,
    const std::function<bool(const TuningRecord&)>& usable) const {
  std::optional<TuningRecord> best;
  for (TuningRecord& record :
       records({.host = host, .machine = machine, .spec = spec.text(), .run = {}})) {
    if ((!best || preferred_to(record, *best)) && usable(record)) best = std::move(record);
  }
  return best;
}

TuningDatabase::Pruned TuningDatabase::prune(const std::function<bool(const TuningRecord&)>& record,
                                             const std::function<bool(const TuningTrial&)>& trial) {
  Transaction transaction(database_);
  Pruned pruned;
  for (const TuningRecord& each : records()) {
    if (!record(each)) continue;
    erase_row(database_, each);
    ++pruned.records;
  }
  for (const TuningTrial& each : trials()) {
    if (!trial(each)) continue;
    erase_row(database_, each);
    ++pruned.trials;
  }
  transaction.commit();
  return pruned;
}

}  // namespace vitgen
