// What `vitgen db` promises: it reads, moves and removes records, all or nothing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "generators/base/file.h"
#include "schedules/rule.h"
#include "schedules/tuning/database.h"
#include "schedules/tuning/document.h"
#include "schedules/tuning/shipped.h"
#include "tests/vitgen/program.h"
#include "tools/vitgen/db_text.h"

namespace vitgen {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kHost = "amd-25-1-1_l1d32k_l2512k_l332m_c2";
constexpr const char* kOther = "intel-6-106-6_l1d48k_l21280k_l330m_c2";

std::string new_path(const std::string& name) {
  static int count = 0;
  return (scratch() / ("db" + std::to_string(count++) + "_" + name)).string();
}

/// A record of a kernel that exists, by the default choice.
TuningRecord record(int rows, const std::string& host = kHost) {
  TuningRecord made;
  made.host = host;
  made.machine = "cpu_avx2";
  made.spec = OpSpec::parse("layer_norm(rows=1,width=192,eps=1e-06,affine=1)");
  *std::ranges::find_if(made.spec.fields.values, [](auto& f) { return f.first == "rows"; }) = {
      "rows", std::to_string(rows)};
  made.choice = choose_default(made.spec, find_machine(made.machine));
  made.versions = current_versions(*rule_version(made.spec.op, made.choice.rule));
  made.samples = 10;
  made.median_ns = 1500;
  made.spread = 0.02;
  made.date = "2026-11-23T10:35:47Z";
  return made;
}

TuningTrial trial() {
  const TuningRecord of = record(1);
  return {.host = of.host,
          .machine = of.machine,
          .spec = of.spec,
          .choice = of.choice,
          .versions = of.versions,
          .status = TrialStatus::timed_out,
          .reason = "5 s",
          .run = "r1",
          .date = of.date};
}

std::string database_of(const std::vector<TuningRecord>& records) {
  const std::string path = new_path("tuning.db");
  TuningDatabase::open(path).merge(records, std::vector{trial()});
  return path;
}

std::string json_of(const std::vector<TuningRecord>& records) {
  const std::string path = new_path("records.json");
  std::ofstream(path) << document_text(records_json(records));
  return path;
}

std::vector<TuningRecord> records_in(const std::string& database) {
  return TuningDatabase::open(database).records();
}

Json run_json(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--format", "json"});
  return Json::parse(must_run(std::move(arguments)));
}

TEST(Db, ExportAndImportGiveTheSameRecords) {
  const std::string from = database_of({record(1), record(2), record(3, kOther)});
  const std::string file = new_path("all.json");
  must_run({"db", "export", "-q", "--db", from, "-o", file});
  const std::string to = new_path("new.db");
  EXPECT_EQ(must_run({"db", "import", "--db", to, file}),
            "3 records added, 0 replaced, 0 had less support, 0 were there; 0 trials added\n");
  EXPECT_EQ(records_in(to), records_in(from));
  EXPECT_EQ(must_run({"db", "export", "--db", to}), read_whole(file, 1u << 20));
  EXPECT_EQ(run_json({"db", "list", "--db", to}), Json::parse(read_whole(file, 1u << 20)));
  EXPECT_EQ(run_json({"db", "export", "--db", to, "--host", kOther})["records"].size(), 1u);
  const ProcessResult unknown = run_vitgen({"db", "export", "--db", to, "--host", "somebody"});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_THAT(unknown.output, HasSubstr("--host: no records of host 'somebody'"));
  EXPECT_THAT(unknown.output, HasSubstr(kOther));
}

TEST(Db, ListNamesHostKernelChoiceAndSupport) {
  const std::string text = must_run({"db", "list", "--db", database_of({record(7)})});
  EXPECT_THAT(text, HasSubstr(std::string(kHost) + ", cpu_avx2\n"));
  EXPECT_THAT(text, HasSubstr(record(7).spec.text()));
  EXPECT_THAT(text, HasSubstr("1.50 us by " + record(7).choice.text() +
                              ", 1 thread, 10 samples, spread 2.0 %, 2026-11-23T10:35:47Z"));
}

TEST(Db, ListTellsWhichHostsRecordsShip) {
  EXPECT_EQ(shipped_text({}), "");
  EXPECT_EQ(shipped_text(std::vector{record(1), record(2), record(3, kOther)}),
            std::string("shipped with vitgen: 2 records of ") + kHost +
                "\nshipped with vitgen: 1 record of " + kOther + "\n");
  const std::string shipped = shipped_text(shipped_records());
  EXPECT_TRUE(must_run({"db", "list", "--db", database_of({record(7)})}).ends_with(shipped));
  for (const ShippedFile& file : shipped_files()) {
    const std::string host(file.host);
    EXPECT_THAT(must_run({"db", "list", "--db", database_of({record(7)}), "--host", host}),
                HasSubstr("of " + host + "\n"));
  }
}

TEST(Db, ImportKeepsTheBetterSupportedAndSaysSo) {
  TuningRecord few = record(1);
  few.samples = 3;
  const std::string database = database_of({record(1)});
  const std::string said = must_run({"db", "import", "--db", database, json_of({few, record(2)})});
  EXPECT_THAT(said, HasSubstr("(10 samples, 2026-11-23T10:35:47Z) stays"));
  EXPECT_THAT(said, HasSubstr("1 record added, 0 replaced, 1 had less support"));
  EXPECT_THAT(records_in(database), ElementsAre(record(1), record(2)));
}

// A record that claims to be newer than anything that will be measured here for years.
TEST(Db, ADateThatIsStillToComeIsToldAndTheRecordKept) {
  TuningRecord ahead = record(1), farther = record(2), soon = record(3);
  ahead.date = "2926-01-31T00:00:00Z";
  farther.date = "9999-12-31T23:59:59Z";
  soon.date = latest_date();  // some clock's today
  const std::string database = new_path("ahead.db");
  const std::vector<TuningRecord> records = {ahead, farther, soon};
  const std::string said = must_run({"db", "import", "--db", database, json_of(records)});
  EXPECT_THAT(said, HasSubstr("note: record " + ahead.short_hash() + " of layer_norm("));
  EXPECT_THAT(said, HasSubstr(" has the date 2926-01-31T00:00:00Z, which is still to come (and 1 "
                              "more); of two with "));
  EXPECT_THAT(records_in(database), ElementsAre(ahead, farther, soon));
  EXPECT_THAT(must_run({"db", "merge", "--db", new_path("mine.db"), database}),
              HasSubstr("note: record " + ahead.short_hash()));
  EXPECT_EQ(future_text(std::vector{soon, record(4)}, std::vector{trial()}), "");
  TuningTrial late = trial();
  late.date = ahead.date;
  EXPECT_THAT(future_text({}, std::vector{late}), HasSubstr("note: a trial of layer_norm("));
}

TEST(Db, ImportIsAllOrNothing) {
  const std::string database = database_of({record(1)});
  TuningRecord illegal = record(3);
  illegal.choice.knobs.values.emplace_back("nonsense", "1");
  TuningRecord nowhere = record(3);
  nowhere.machine = "cpu_nowhere";
  Json torn = records_json(std::vector{record(2), record(3)});
  torn["records"][1].erase("date");
  const std::string torn_file = new_path("torn.json");
  std::ofstream(torn_file) << torn.dump();
  const std::string good = json_of({record(2)});
  for (const std::string& bad : {json_of({record(2), illegal}), json_of({nowhere}), torn_file}) {
    const ProcessResult result = run_vitgen({"db", "import", "--db", database, good, bad});
    EXPECT_EQ(result.status, 3) << result.output;
    EXPECT_TRUE(result.output.starts_with("error: ")) << result.output;
    EXPECT_THAT(records_in(database), ElementsAre(record(1)));
  }
  EXPECT_THAT(run_vitgen({"db", "import", "--db", database, json_of({nowhere})}).output,
              HasSubstr("unknown machine 'cpu_nowhere'\nhint: known machines: "));
  EXPECT_THAT(run_vitgen({"db", "import", "--db", database, json_of({illegal})}).output,
              HasSubstr("has no knob 'nonsense'"));
  // Of other versions only the form can be checked.
  illegal.versions.vitgen = "0.0.1";
  must_run({"db", "import", "--db", database, json_of({illegal})});
}

TEST(Db, MergeTakesRecordsAndTrials) {
  const std::string mine = new_path("mine.db");
  const std::string a = database_of({record(1)}), b = database_of({record(2)});
  const Json report = run_json({"db", "merge", "--db", mine, a, b});
  EXPECT_EQ(report["added"], 2);
  EXPECT_EQ(report["trials"], 1);  // of the same run and ordinal
  EXPECT_THAT(records_in(mine), ElementsAre(record(1), record(2)));
  EXPECT_EQ(run_json({"db", "merge", "--db", mine, a, b})["equal"], 2);
  EXPECT_EQ(run_vitgen({"db", "merge", "--db", mine, a, "/nonexistent.db"}).status, 4);
  EXPECT_EQ(run_vitgen({"db", "merge", "--db", mine, json_of({record(3)})}).status, 3);
}

TEST(Db, PruneRemovesWhatMeetsAllConditions) {
  TuningRecord old = record(1), stale = record(2), foreign = record(3, kOther);
  old.date = "2025-01-01T00:00:00Z";
  stale.versions.halide = "20.0.0";
  const std::string database = database_of({old, stale, foreign, record(4)});
  const auto prune = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"db", "prune", "--db", database});
    return run_json(more)["records"];
  };
  EXPECT_EQ(prune({"--other-versions", "--before", "2026-01-31"}), 0);
  EXPECT_EQ(prune({"--before", "2026-01-31", "--dry-run"}), 1);
  EXPECT_EQ(records_in(database).size(), 4u);
  EXPECT_EQ(prune({"--before", "2026-01-31"}), 1);
  EXPECT_EQ(prune({"--other-versions"}), 1);
  EXPECT_EQ(prune({"--host", kOther}), 1);
  EXPECT_THAT(records_in(database), ElementsAre(record(4)));
  EXPECT_EQ(TuningDatabase::open(database).trials().size(), 1u);
  EXPECT_EQ(prune({"--host", kHost}), 1);
  EXPECT_TRUE(TuningDatabase::open(database).trials().empty());
}

TEST(Db, AHostThatOccursNowhereIsToldWithThoseThatDo) {
  TuningTrial foreign = trial();
  foreign.host = kOther;  // has no record
  const std::string database = new_path("hosts.db");
  TuningDatabase::open(database).merge(std::vector{record(1)}, std::vector{foreign});
  for (const char* action : {"stats", "prune", "list", "export"}) {
    const ProcessResult result = run_vitgen({"db", action, "--db", database, "--host", "somebody"});
    EXPECT_EQ(result.status, 2) << action << result.output;
    EXPECT_THAT(result.output, HasSubstr("error: --host: no records of host 'somebody'\n"));
    EXPECT_THAT(result.output, HasSubstr(std::string("hint: known hosts: ") + kHost));
  }
  EXPECT_EQ(run_vitgen({"db", "prune", "--dry-run", "--db", database, "--host", "x"}).status, 2);
  EXPECT_EQ(records_in(database).size(), 1u);
  EXPECT_EQ(run_json({"db", "stats", "--db", database, "--host", kOther})["trials"], 1);
  EXPECT_EQ(run_json({"db", "prune", "--db", database, "--host", kOther})["trials"], 1);
}

TEST(Db, StatsCountByPlaceAndEnd) {
  TuningRecord stale = record(2);
  stale.versions.vitgen = "0.0.1";
  const std::string database = database_of({record(1), stale, record(3, kOther)});
  const Json stats = run_json({"db", "stats", "--db", database});
  EXPECT_EQ(stats["records"], 3);
  EXPECT_EQ(stats["current"], 2);
  EXPECT_EQ(stats["by_place"].size(), 2u);
  EXPECT_EQ(stats["by_place"][0]["ops"]["layer_norm"], 2);
  EXPECT_EQ(stats["trials_by_status"]["timed_out"], 1);
  EXPECT_THAT(must_run({"db", "stats", "--db", database}),
              HasSubstr("3 records, 2 of this version"));
}

TEST(Db, WithoutADatabaseThereIsNothingAndANamedOneMustBeThere) {
  ::setenv("VITGEN_TUNING_DB", new_path("none.db").c_str(), 1);
  EXPECT_EQ(run_json({"db", "list", "-q"})["records"].size(), 0u);
  EXPECT_EQ(run_json({"db", "stats", "-q"})["records"], 0);
  EXPECT_EQ(run_json({"db", "prune", "-q", "--other-versions"})["records"], 0);
  EXPECT_THAT(must_run({"db", "list"}), HasSubstr("there is no tuning database yet"));
  EXPECT_FALSE(fs::exists(std::getenv("VITGEN_TUNING_DB")));
  ::unsetenv("VITGEN_TUNING_DB");
  for (const char* action : {"list", "export", "stats"}) {
    EXPECT_EQ(run_vitgen({"db", action, "--db", "/nonexistent.db"}).status, 4) << action;
  }
}

TEST(Db, WrongWordsAreToldWithTheRightOnes) {
  const auto words = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "db");
    const ProcessResult result = run_vitgen(arguments);
    EXPECT_EQ(result.status, 2) << result.output;
    return result.output;
  };
  EXPECT_THAT(words({"lst"}), HasSubstr("did you mean \"list\"?"));
  EXPECT_THAT(words({}), HasSubstr("vitgen db --help"));
  EXPECT_THAT(words({"list", "--fromat", "json"}), HasSubstr("did you mean \"--format\"?"));
  EXPECT_THAT(words({"list", "--format", "xml"}), HasSubstr("hint: vitgen db list --help"));
  EXPECT_THAT(words({"prune"}), HasSubstr("--other-versions"));
  EXPECT_THAT(words({"prune", "--before", "yesterday"}), HasSubstr("2026-01-31"));
  EXPECT_THAT(words({"import"}), HasSubstr("files"));
}

}  // namespace
}  // namespace vitgen
