#pragma once
// SQLite as values that clean up after themselves, its failures as this project's errors.
//
// io:        TUNE_DB_OPEN      cannot be opened or made
//            TUNE_DB_READONLY  the file or its folder cannot be written
//            TUNE_DB_LOCKED    another process kept it locked for too long
//            IO_NO_SPACE       disk, quota or file-size limit
//            TUNE_DB_IO        any other failure of the system
// bad_input: TUNE_DB_FORMAT    not a database, or a damaged one

#include <cstdint>
#include <string>
#include <string_view>

#include "generators/base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace vitgen {

enum class SqliteMode {
  write,     ///< made if absent
  read,      ///< not written by this process
  immutable  ///< to read where nothing can be written, so that nobody else writes either
};

class Sqlite {
 public:
  /// `wait_ms`: how long a call waits for another process's lock.
  Sqlite(const std::string& path, SqliteMode mode, int wait_ms);
  Sqlite(Sqlite&& other) noexcept;
  Sqlite& operator=(Sqlite&&) = delete;
  ~Sqlite();

  /// One statement or several, without values.
  void run(const std::string& statements);
  /// The first column of the first row as a number; 0 without a row.
  std::int64_t number(const std::string& query);

  [[noreturn]] void fail(int code) const;
  /// With the file's name before the message.
  [[noreturn]] void fail_as(ExitCode exit, std::string_view code, const std::string& what,
                            const std::string& hint) const;
  /// Throws TUNE_DB_FORMAT.
  [[noreturn]] void bad_format(const std::string& what) const;

  sqlite3* handle() const { return handle_; }

 private:
  sqlite3* handle_ = nullptr;
  SqliteMode mode_;
  std::string path_;
  std::string name_;  ///< printable, for messages
};

/// A prepared statement. Values are bound in order, columns read in order.
class Statement {
 public:
  Statement(const Sqlite& database, std::string_view text);
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  Statement& bind(std::string_view text);
  Statement& bind(std::int64_t number);
  Statement& bind(double number);

  /// True if there is a row; the next column is its first. After the last row the statement can be
  /// bound and run again.
  bool step();
  /// To the end, without rows.
  void run();

  std::string text();
  std::int64_t number();
  /// A number that fits into an int. Throws TUNE_DB_FORMAT.
  int small_number();
  double real();

 private:
  void require_type(int type);

  const Sqlite& database_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
  int column_ = 0;
};

/// Between construction and commit() all or nothing; other writers wait.
class Transaction {
 public:
  explicit Transaction(Sqlite& database);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  /// When this returns, what was written survives a crash of the process or the machine.
  void commit();

 private:
  Sqlite& database_;
  bool open_ = true;
};

}  // namespace vitgen
