// Databases that cannot be used: each failure has its code and leaves what was there.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "schedules/tuning/database.h"
#include "tests/base/in_child.h"
#include "tests/base/support.h"
#include "tests/tuning/samples.h"

namespace vitgen {
namespace {

using testing::code_of;
using testing::in_child;
using testing::sample_record;
using testing::sample_trial;
using testing::Scratch;
using testing::thrown_by;

namespace fs = std::filesystem;

constexpr int kNoWait = 1;  // ms

/// A database with one record and one trial.
std::string made(const Scratch& scratch) {
  const std::string path = scratch.at("tuning.db");
  TuningDatabase database = TuningDatabase::open(path);
  database.put(sample_record());
  database.add(sample_trial());
  return path;
}

void sql(const std::string& path, const std::string& statements) {
  Sqlite(path, SqliteMode::write, kNoWait).run(statements);
}

void expect_both(const std::string& path, const std::string& code, ExitCode exit) {
  for (const bool to_read : {true, false}) {
    const auto thrown = thrown_by([&] {
      if (to_read) {
        TuningDatabase::open_to_read(path, kNoWait)->records();
      } else {
        TuningDatabase::open(path, kNoWait).records();
      }
    });
    EXPECT_EQ(thrown.code, code) << thrown.message;
    EXPECT_EQ(thrown.exit, exit);
    EXPECT_EQ(thrown.message.find('\n'), std::string::npos);
  }
}

TEST(DatabaseError, NoFileIsNoErrorToAReaderAndAnEmptyOneNeither) {
  const Scratch scratch;
  EXPECT_FALSE(TuningDatabase::open_to_read(scratch.at("absent.db")));
  EXPECT_FALSE(fs::exists(scratch.at("absent.db")));
  EXPECT_FALSE(TuningDatabase::open_to_read(scratch.write("empty.db", "")));
  EXPECT_TRUE(TuningDatabase::open(scratch.at("empty.db")).records().empty());
}

TEST(DatabaseError, AnotherFileIsNoDatabase) {
  const Scratch scratch;
  expect_both(scratch.write("text.db", std::string(5000, 'x')), "TUNE_DB_FORMAT",
              ExitCode::bad_input);
  expect_both(scratch.write("short.db", "SQLite format 3"), "TUNE_DB_FORMAT", ExitCode::bad_input);
}

TEST(DatabaseError, AnotherProgramsDatabaseIsLeftAlone) {
  const Scratch scratch;
  const std::string path = scratch.at("other.db");
  sql(path, "CREATE TABLE records(x)");
  expect_both(path, "TUNE_DB_FORMAT", ExitCode::bad_input);
  sql(path, "PRAGMA application_id = 7");
  expect_both(path, "TUNE_DB_FORMAT", ExitCode::bad_input);
}

TEST(DatabaseError, ADamagedDatabaseIsNamed) {
  const Scratch scratch;
  const std::string path = made(scratch);
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096);  // the first page is whole, the tables are not
    file << std::string(static_cast<std::size_t>(fs::file_size(path)) - 4096, '\xff');
  }
  expect_both(path, "TUNE_DB_FORMAT", ExitCode::bad_input);
}

TEST(DatabaseError, AMissingTableAndAStrangeRowAreNamed) {
  for (const char* change :
       {"ALTER TABLE records RENAME TO r", "UPDATE records SET host = 'somebody'",
        "UPDATE records SET spec = 'linear'", "UPDATE records SET samples = -1",
        "UPDATE records SET threads = 0", "UPDATE records SET checked = 'trust'",
        "UPDATE records SET knobs = 'm_r'", "UPDATE records SET date = x'00'",
        "UPDATE records SET rule_version = 4294967297"}) {
    const Scratch scratch;
    const std::string path = made(scratch);
    try {
      sql(path, change);
    } catch (const Error&) {
      continue;  // the table's types refuse it
    }
    SCOPED_TRACE(change);
    expect_both(path, "TUNE_DB_FORMAT", ExitCode::bad_input);
  }
}

// A view can compute for ever, a trigger can change what is written.
TEST(DatabaseError, OtherThingsThanItsOwnTablesAreRefusedBeforeTheyRun) {
  const std::string endless =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
  for (const std::string& change :
       {"DROP TABLE records; CREATE VIEW records AS " + endless,
        "DROP TABLE trials; CREATE VIEW trials AS " + endless, "CREATE VIEW more AS " + endless,
        std::string("CREATE TABLE more(x)"), std::string("CREATE INDEX more ON records(date)"),
        std::string("CREATE TRIGGER more BEFORE INSERT ON trials BEGIN DELETE FROM records; END"),
        std::string("ALTER TABLE trials ADD COLUMN more TEXT"), std::string("DROP TABLE trials"),
        std::string("DROP TABLE records; CREATE TABLE records(x, host TEXT AS ('x'))")}) {
    const Scratch scratch;
    const std::string path = made(scratch);
    SCOPED_TRACE(change);
    sql(path, change);
    expect_both(path, "TUNE_DB_FORMAT", ExitCode::bad_input);
  }
}

TEST(DatabaseError, MoreRowsThanSearchesMakeAreRefused) {
  const Scratch scratch;
  const std::string path = made(scratch);
  sql(path,
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) "
      "INSERT INTO records SELECT i, '', '', '', '', '', 1, 1, '', 1, 1.0, 0.0, '', '' FROM n");
  expect_both(path, "TUNE_DB_FORMAT", ExitCode::bad_input);
}

TEST(DatabaseError, ANewerSchemaIsNotTouched) {
  const Scratch scratch;
  const std::string path = made(scratch);
  sql(path, "PRAGMA user_version = 3");
  expect_both(path, "TUNE_DB_SCHEMA", ExitCode::bad_input);
  sql(path, "PRAGMA user_version = 0");
  expect_both(path, "TUNE_DB_FORMAT", ExitCode::bad_input);
}

// As it was before records said on how many threads they were timed.
TEST(DatabaseError, AnOlderSchemaIsToldWithAWayOut) {
  const Scratch scratch;
  const std::string path = made(scratch);
  sql(path,
      "PRAGMA user_version = 1; DROP TABLE records; DROP TABLE trials;"
      "CREATE TABLE records(host TEXT NOT NULL) STRICT; CREATE TABLE trials(host TEXT) STRICT;");
  expect_both(path, "TUNE_DB_SCHEMA", ExitCode::bad_input);
  const auto thrown = thrown_by([&] { TuningDatabase::open(path, kNoWait); });
  EXPECT_THAT(thrown.message, ::testing::EndsWith("an older one wrote it"));
  EXPECT_THAT(thrown.hint, ::testing::HasSubstr("--db FILE"));
}

TEST(DatabaseError, WhatIsNoFileCannotBeOpened) {
  const Scratch scratch;
  expect_both(scratch.path().string(), "TUNE_DB_OPEN", ExitCode::io);
  expect_both("/dev/null", "TUNE_DB_OPEN", ExitCode::io);
  const std::string file = scratch.write("file", "");
  const auto thrown = thrown_by([&] { TuningDatabase::open(file + "/tuning.db"); });
  EXPECT_EQ(thrown.code, "TUNE_DB_OPEN") << thrown.message;
}

TEST(DatabaseError, ALockThatIsHeldTooLongIsTold) {
  const Scratch scratch;
  const std::string path = made(scratch);
  Sqlite writer(path, SqliteMode::write, kNoWait);
  const Transaction held(writer);
  TuningDatabase second = TuningDatabase::open(path, kNoWait);
  EXPECT_EQ(code_of([&] { second.put(sample_record(1)); }), "TUNE_DB_LOCKED");
  EXPECT_EQ(second.records().size(), 1u) << "readers do not wait for writers";
}

/// The code that `body` throws, run as a user without rights; "" if it returned.
template <class Body>
std::string code_without_rights(const Scratch& scratch, Body body) {
  const std::string answer = scratch.write("answer", "");
  fs::permissions(answer, fs::perms::all);
  const int status = in_child([&] {
    if (::geteuid() == 0 &&
        (::setgroups(0, nullptr) != 0 || ::setresgid(65534, 65534, 65534) != 0 ||
         ::setresuid(65534, 65534, 65534) != 0)) {
      return 1;
    }
    std::ofstream(answer) << code_of(body);
    return 0;
  });
  EXPECT_EQ(status, 0);
  std::string code;
  std::getline(std::ifstream(answer), code);
  return code;
}

class ReadOnly : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = made(scratch_);
    fs::permissions(path_, fs::perms(0444));
    fs::permissions(scratch_.path(), fs::perms(0555));
  }
  void TearDown() override { fs::permissions(scratch_.path(), fs::perms(0755)); }

  Scratch scratch_;
  std::string path_;
};

TEST_F(ReadOnly, FoldersCanBeReadButNotWritten) {
  const std::string path = path_;
  EXPECT_EQ(
      code_without_rights(scratch_, [&] { TuningDatabase::open(path).put(sample_record(1)); }),
      "TUNE_DB_READONLY");
  EXPECT_EQ(code_without_rights(scratch_,
                                [&] {
                                  if (TuningDatabase::open_to_read(path)->records().size() != 1) {
                                    throw Error(ExitCode::internal, "COUNT", "");
                                  }
                                }),
            "");
  EXPECT_EQ(
      code_without_rights(
          scratch_, [&] { TuningDatabase::open(scratch_.at("new.db")).put(sample_record()); }),
      "TUNE_DB_READONLY");
}

TEST_F(ReadOnly, FilesThatCannotBeReadAreTold) {
  fs::permissions(path_, fs::perms(0));
  const std::string path = path_;
  EXPECT_EQ(code_without_rights(scratch_, [&] { TuningDatabase::open_to_read(path); }),
            "TUNE_DB_OPEN");
}

TEST(DatabaseError, ADiskWithoutRoomLosesNothingThatWasAcknowledged) {
  const Scratch scratch;
  const std::string path = made(scratch);
  const std::string answer = scratch.at("answer");
  const int status = in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    TuningDatabase database = TuningDatabase::open(path);
    const rlimit limit{256 << 10, 256 << 10};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    int stored = 0;
    const auto thrown = thrown_by([&] {
      for (int n = 1; n < 10'000; ++n, ++stored) database.put(sample_record(n));
    });
    // The limit holds for this file too, but it is short.
    std::ofstream(answer) << thrown.code << " " << stored << thrown.message;
    return 0;
  });
  ASSERT_EQ(status, 0);
  std::string code;
  int stored = 0;
  std::ifstream answered(answer);
  answered >> code >> stored;
  EXPECT_EQ(code, "IO_NO_SPACE") << answered.rdbuf();
  EXPECT_GT(stored, 0);
  EXPECT_EQ(TuningDatabase::open(path).records().size(), static_cast<std::size_t>(stored) + 1);
}

TEST(DatabaseError, AFailingDeviceIsTold) {
  const Scratch scratch;
  const std::string path = made(scratch);
  const std::string answer = scratch.at("answer");
  const int status = in_child([&] {
    TuningDatabase database = TuningDatabase::open(path, kNoWait);
    // What was read at the opening is stale from here on.
    TuningDatabase::open(path, kNoWait).put(sample_record(1));
    for (int fd = 3; fd < 64; ++fd) {
      std::error_code closed;
      if (fs::read_symlink("/proc/self/fd/" + std::to_string(fd), closed) != path) continue;
      ::dup2(::open(path.c_str(), O_WRONLY), fd);  // every read fails from here on
    }
    const std::string code = code_of([&] { database.trials(); });
    std::ofstream(answer) << code;
    ::_exit(0);  // without closing the database
    return 0;
  });
  ASSERT_EQ(status, 0);
  std::string code;
  std::getline(std::ifstream(answer), code);
  EXPECT_EQ(code, "TUNE_DB_IO");
}

}  // namespace
}  // namespace vitgen
