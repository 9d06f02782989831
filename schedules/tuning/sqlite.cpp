#include "schedules/tuning/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <initializer_list>
#include <utility>

#include "generators/base/output_set.h"

namespace vitgen {

namespace {

// In a URI '?' and '#' end the path and '%' begins an escape.
std::string uri_of(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '?' || c == '#' || c == '%') {
      uri += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

struct Failure {
  ExitCode exit;
  std::string_view code;
  std::string_view what;
  std::string_view hint;
};

Failure failure_of(int code, int system_error, SqliteMode mode) {
  const auto is_one_of = [&](std::initializer_list<int> errors) {
    return std::ranges::find(errors, system_error) != errors.end();
  };
  if (is_one_of({ENOSPC, EDQUOT, EFBIG})) code = SQLITE_FULL;
  if (mode == SqliteMode::write && is_one_of({EACCES, EPERM, EROFS})) code = SQLITE_READONLY;
  switch (code & 0xff) {
    case SQLITE_CANTOPEN:
      return {ExitCode::io, "TUNE_DB_OPEN", "cannot be opened", {}};
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return {ExitCode::io, "TUNE_DB_READONLY", "cannot be written",
              "--db FILE or VITGEN_TUNING_DB names another database"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ExitCode::io, "TUNE_DB_LOCKED", "locked by another process",
              "try again when the other vitgen has finished"};
    case SQLITE_FULL:
      return {ExitCode::io, "IO_NO_SPACE", "no space left to write", {}};
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
    case SQLITE_ERROR:  // a table or column that is not there
      return {ExitCode::bad_input, "TUNE_DB_FORMAT", "not a tuning database, or a damaged one",
              "`vitgen db import` fills a new one from JSON"};
    default:
      return {ExitCode::io, "TUNE_DB_IO", "the database failed", {}};
  }
}

}  // namespace

Sqlite::Sqlite(const std::string& path, SqliteMode mode, int wait_ms)
    : mode_(mode), path_(path), name_(printable(path)) {
  const bool immutable = mode == SqliteMode::immutable;
  // A reader needs to write as well: it shares the index of the write-ahead log.
  const int flags = mode == SqliteMode::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                    : immutable               ? SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
                                              : SQLITE_OPEN_READWRITE;
  const int code =
      sqlite3_open_v2((immutable ? uri_of(path) : path).c_str(), &handle_, flags, nullptr);
  try {
    if (code != SQLITE_OK) fail(code);
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_timeout(handle_, wait_ms);
    // The file may be somebody else's: no function that its schema names is called, no row is huge.
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_limit(handle_, SQLITE_LIMIT_LENGTH, 1 << 20);
    if (mode != SqliteMode::write) run("PRAGMA query_only = ON");
  } catch (...) {
    sqlite3_close(handle_);
    throw;
  }
}

Sqlite::Sqlite(Sqlite&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)),
      mode_(other.mode_),
      path_(std::move(other.path_)),
      name_(std::move(other.name_)) {}

Sqlite::~Sqlite() { sqlite3_close(handle_); }

void Sqlite::fail(int code) const {
  // Which error of the system made a write fail is lost on the way, so the folder is asked.
  const int extended = handle_ ? sqlite3_extended_errcode(handle_) : code;
  if (extended == SQLITE_IOERR_WRITE || extended == SQLITE_IOERR_SHMSIZE) {
    // SQLite's write-ahead log grows to 1000 pages of 4 KiB.
    constexpr std::uint64_t kLog = 4 << 20;
    const std::filesystem::path folder = std::filesystem::path(path_).parent_path();
    require_room(folder.empty() ? "." : folder.string(), kLog);
  }
  const int system_error = handle_ ? sqlite3_system_errno(handle_) : 0;
  const Failure failure = failure_of(code, system_error, mode_);
  std::string why = handle_ ? sqlite3_errmsg(handle_) : "out of memory";
  if (failure.code != "TUNE_DB_FORMAT" && system_error != 0) why = std::strerror(system_error);
  throw Error(failure.exit, failure.code,
              fmt::format("{}: {}: {}", name_, failure.what, printable(why)),
              std::string(failure.hint));
}

void Sqlite::fail_as(ExitCode exit, std::string_view code, const std::string& what,
                     const std::string& hint) const {
  throw Error(exit, code, fmt::format("{}: {}", name_, what), hint);
}

void Sqlite::bad_format(const std::string& what) const {
  fail_as(ExitCode::bad_input, "TUNE_DB_FORMAT", what, {});
}

void Sqlite::run(const std::string& statements) {
  const int code = sqlite3_exec(handle_, statements.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

std::int64_t Sqlite::number(const std::string& query) {
  Statement statement(*this, query);
  return statement.step() ? statement.number() : 0;
}

Statement::Statement(const Sqlite& database, std::string_view text) : database_(database) {
  const int code = sqlite3_prepare_v2(database.handle(), text.data(), static_cast<int>(text.size()),
                                      &statement_, nullptr);
  if (code != SQLITE_OK) database_.fail(code);
}

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement& Statement::bind(std::string_view text) {
  const int code = sqlite3_bind_text(statement_, ++bound_, text.data(),
                                     static_cast<int>(text.size()), SQLITE_TRANSIENT);
  if (code != SQLITE_OK) database_.fail(code);
  return *this;
}

Statement& Statement::bind(std::int64_t number) {
  const int code = sqlite3_bind_int64(statement_, ++bound_, number);
  if (code != SQLITE_OK) database_.fail(code);
  return *this;
}

Statement& Statement::bind(double number) {
  const int code = sqlite3_bind_double(statement_, ++bound_, number);
  if (code != SQLITE_OK) database_.fail(code);
  return *this;
}

bool Statement::step() {
  column_ = 0;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  bound_ = 0;
  sqlite3_reset(statement_);
  if (code != SQLITE_DONE) database_.fail(code);
  return false;
}

void Statement::run() {
  while (step()) {
  }
}

// A column of another type than this program writes is a sign of another hand.
void Statement::require_type(int type) {
  if (sqlite3_column_type(statement_, column_) == type) return;
  database_.bad_format("holds a value of another type than a tuning database does");
}

std::string Statement::text() {
  require_type(SQLITE_TEXT);
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column_));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column_));
  ++column_;
  return bytes ? std::string(bytes, size) : std::string();
}

std::int64_t Statement::number() {
  require_type(SQLITE_INTEGER);
  return sqlite3_column_int64(statement_, column_++);
}

int Statement::small_number() {
  const std::int64_t value = number();
  if (!std::in_range<int>(value)) database_.bad_format("holds a number that is out of range");
  return static_cast<int>(value);
}

double Statement::real() {
  require_type(SQLITE_FLOAT);
  return sqlite3_column_double(statement_, column_++);
}

// IMMEDIATE takes the writer's lock at once: a transaction that reads first and writes later could
// not wait for another writer.
Transaction::Transaction(Sqlite& database) : database_(database) {
  database.run("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (open_) sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  database_.run("COMMIT");
  open_ = false;
}

}  // namespace vitgen
