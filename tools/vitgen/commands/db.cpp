// vitgen db: looks into the tuning database, and moves records between places.

#include <fmt/core.h>

#include <iostream>

#include "generators/base/counted.h"
#include "generators/base/output_set.h"
#include "schedules/tuning/document.h"
#include "schedules/tuning/shipped.h"
#include "tools/tune/is_current.h"
#include "tools/vitgen/choice_check.h"
#include "tools/vitgen/command.h"
#include "tools/vitgen/db_text.h"
#include "tools/vitgen/known_hosts.h"
#include "tools/vitgen/open_database.h"

namespace vitgen {

void add_db(CLI::App& app, const Console& console);

namespace {

struct DbArguments {
  std::string database;
  std::string format = "text";
  std::string host;
  std::string output;
  std::string before;
  std::vector<std::string> files;
  bool other_versions = false;
  bool dry_run = false;

  bool json() const { return format == "json"; }
};

void print(const std::string& text) { std::cout << text; }

// The database to read: nothing, with a note, where the user has none yet.
std::optional<TuningDatabase> open_own(const DbArguments& arguments, const Console& console) {
  const std::string path = tuning_database_path(arguments.database);
  auto database = open_database(arguments.database);
  if (!database) console.note("there is no tuning database yet: " + printable(path));
  return database;
}

TuningFilter of_host(const DbArguments& arguments) {
  return {.host = arguments.host, .machine = {}, .spec = {}, .run = {}};
}

/// The records that are wanted. A host that neither they nor the `others` name is an error.
std::vector<TuningRecord> own_records(const DbArguments& arguments,
                                      const std::vector<TuningRecord>& others,
                                      const Console& console) {
  const auto database = open_own(arguments, console);
  if (!database) return {};
  std::vector<TuningRecord> records = database->records(of_host(arguments));
  if (records.empty() && !arguments.host.empty()) {
    std::set<std::string> known = hosts_of(database->records());
    known.merge(hosts_of(others));
    require_known_host("--host", arguments.host, known);
  }
  return records;
}

/// A host may have trials only.
void require_own_host(const DbArguments& arguments, const TuningDatabase& database) {
  if (arguments.host.empty()) return;
  require_known_host("--host", arguments.host, hosts_of(database.records(), database.trials()));
}

void list(const DbArguments& arguments, const Console& console) {
  std::vector<TuningRecord> shipped = shipped_records();
  const std::vector<TuningRecord> records = own_records(arguments, shipped, console);
  std::erase_if(shipped, [&](const TuningRecord& record) {
    return !arguments.host.empty() && record.host != arguments.host;
  });
  print(arguments.json() ? document_text(records_json(records))
                         : records_text(records) + shipped_text(shipped));
}

void export_records(const DbArguments& arguments, const Console& console) {
  const std::vector<TuningRecord> records = own_records(arguments, {}, console);
  const std::string text =
      arguments.json() ? document_text(records_json(records)) : records_text(records);
  if (arguments.output.empty()) {
    print(text);
    return;
  }
  write_aside(arguments.output, text);
  console.note(
      fmt::format("wrote {}: {}", printable(arguments.output), counted(records.size(), "record")));
}

// All or nothing: everything is read and checked before the first row is written.
void merge_into_own(const DbArguments& arguments, const std::vector<TuningRecord>& records,
                    const std::vector<TuningTrial>& trials, const Console& console) {
  check_importable(records);
  if (const std::string text = future_text(records, trials); !text.empty()) console.note(text);
  TuningDatabase own = TuningDatabase::open(tuning_database_path(arguments.database));
  const MergeReport report = own.merge(records, trials);
  print(arguments.json() ? document_text(merge_json(report)) : merge_text(report));
}

void import_records(const DbArguments& arguments, const Console& console) {
  std::vector<TuningRecord> records;
  for (const std::string& file : arguments.files) {
    for (TuningRecord& record : read_records(file)) records.push_back(std::move(record));
  }
  merge_into_own(arguments, records, {}, console);
}

void merge_databases(const DbArguments& arguments, const Console& console) {
  std::vector<TuningRecord> records;
  std::vector<TuningTrial> trials;
  for (const std::string& file : arguments.files) {
    const TuningDatabase other = open_named_database(file);
    for (TuningRecord& record : other.records()) records.push_back(std::move(record));
    for (TuningTrial& trial : other.trials()) trials.push_back(std::move(trial));
  }
  merge_into_own(arguments, records, trials, console);
}

// "2026-11-23" is its midnight.
std::string parse_date(const std::string& text) {
  const std::string date = text.size() == 10 ? text + "T00:00:00Z" : text;
  if (text.empty() || is_utc_date(date)) return date;
  throw Error(ExitCode::usage, "USAGE",
              "--before: expected a date such as 2026-01-31, got '" + printable(text) + "'");
}

void prune(const DbArguments& arguments, const Console& console) {
  if (arguments.host.empty() && arguments.before.empty() && !arguments.other_versions) {
    throw Error(ExitCode::usage, "USAGE", "prune: nothing says what to remove",
                "--other-versions, --before DATE, --host HOST");
  }
  const std::string before = parse_date(arguments.before);
  const auto goes = [&](const auto& item) {
    return (arguments.host.empty() || item.host == arguments.host) &&
           (before.empty() || item.date < before) &&
           !(arguments.other_versions && is_current(item));
  };
  TuningDatabase::Pruned pruned;
  if (auto database = open_own(arguments, console)) {
    require_own_host(arguments, *database);
    if (arguments.dry_run) {
      for (const TuningRecord& record : database->records()) pruned.records += goes(record) ? 1 : 0;
      for (const TuningTrial& trial : database->trials()) pruned.trials += goes(trial) ? 1 : 0;
    } else {
      pruned = TuningDatabase::open(tuning_database_path(arguments.database)).prune(goes, goes);
    }
  }
  print(arguments.json() ? document_text(pruned_json(pruned, arguments.dry_run))
                         : pruned_text(pruned, arguments.dry_run));
}

void stats(const DbArguments& arguments, const Console& console) {
  std::vector<TuningRecord> records;
  std::vector<TuningTrial> trials;
  if (const auto database = open_own(arguments, console)) {
    require_own_host(arguments, *database);
    records = database->records(of_host(arguments));
    trials = database->trials(of_host(arguments));
  }
  print(arguments.json() ? document_text(stats_json(records, trials))
                         : stats_text(records, trials));
}

using Action = void (*)(const DbArguments&, const Console&);

/// An action's own subcommand with what all of them take.
CLI::App& add_action(CLI::App& db, const char* name, const char* help,
                     const std::shared_ptr<DbArguments>& arguments, Action action,
                     const Console& console) {
  CLI::App* command = db.add_subcommand(name, help);
  command->add_option("--db", arguments->database,
                      "The database ($VITGEN_TUNING_DB, or the user's own)");
  command->add_option("--format", arguments->format, "text or json (text; export: json)")
      ->check(CLI::IsMember({"text", "json"}));
  command->callback([arguments, action, &console] { action(*arguments, console); });
  return *command;
}

void add_readers(CLI::App& db, const Console& console) {
  const auto a = std::make_shared<DbArguments>();
  add_action(db, "list", "The records, one a kernel and rule", a, list, console)
      .add_option("--host", a->host, "Only of this host");
  const auto e = std::make_shared<DbArguments>();
  e->format = "json";
  CLI::App& out = add_action(db, "export", "The records as JSON", e, export_records, console);
  out.add_option("--host", e->host, "Only of this host");
  out.add_option("-o,--output", e->output, "File to write (standard output)");
  const auto s = std::make_shared<DbArguments>();
  add_action(db, "stats", "How much of what there is", s, stats, console)
      .add_option("--host", s->host, "Only of this host");
}

void add_writers(CLI::App& db, const Console& console) {
  const auto i = std::make_shared<DbArguments>();
  add_action(db, "import", "Add records from JSON, all or none", i, import_records, console)
      .add_option("files", i->files, "What `export` wrote")
      ->required();
  const auto m = std::make_shared<DbArguments>();
  add_action(db, "merge", "Add records and trials of other databases, all or none", m,
             merge_databases, console)
      .add_option("files", m->files, "Other databases")
      ->required();
  const auto p = std::make_shared<DbArguments>();
  CLI::App& command = add_action(
      db, "prune", "Remove the records and trials that meet all that is said", p, prune, console);
  command.add_flag("--other-versions", p->other_versions,
                   "Made with other versions of vitgen, Halide or the rule");
  command.add_option("--before", p->before, "Older than this date, such as 2026-01-31");
  command.add_option("--host", p->host, "Of this host");
  command.add_flag("--dry-run", p->dry_run, "Only tell how many");
}

}  // namespace

void add_db(CLI::App& app, const Console& console) {
  CLI::App* db = app.add_subcommand("db", "Look into the tuning database, move records");
  db->require_subcommand(1);
  add_readers(*db, console);
  add_writers(*db, console);
  db->footer(
      "Of two records for one kernel, target, host, rule, versions and threads the one with more\n"
      "samples stays, of equal ones the newer. Examples:\n"
      "  vitgen db list\n"
      "  vitgen db export --host HOST -o host.json\n"
      "  vitgen db import host.json\n"
      "  vitgen db merge colleague/tuning.db\n"
      "  vitgen db prune --other-versions --before 2026-01-31");
}

}  // namespace vitgen
