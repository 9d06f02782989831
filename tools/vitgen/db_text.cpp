#include "tools/vitgen/db_text.h"

#include <fmt/format.h>

#include <map>

#include "generators/base/counted.h"
#include "tools/tune/is_current.h"

namespace vitgen {

namespace {

constexpr std::size_t kTextBytes = 4096;  // of a spec or choice: longer ones end in an ellipsis

/// Counted once, printed as text or JSON.
struct Stats {
  std::size_t records = 0;
  std::size_t current = 0;  ///< of this program's versions
  std::string oldest, newest;
  std::map<std::string, std::map<std::string, int>> ops;  ///< "host, machine" -> op -> records
  std::size_t trials = 0;
  std::map<std::string, int> ends;  ///< of trials
  std::map<std::string, int> runs;
};

Stats count(std::span<const TuningRecord> records, std::span<const TuningTrial> trials) {
  Stats stats;
  stats.records = records.size();
  for (const TuningRecord& record : records) {
    stats.current += is_current(record) ? 1 : 0;
    ++stats.ops[record.host + ", " + record.machine][record.spec.op];
    if (stats.oldest.empty() || record.date < stats.oldest) stats.oldest = record.date;
    if (record.date > stats.newest) stats.newest = record.date;
  }
  stats.trials = trials.size();
  for (const TuningTrial& trial : trials) {
    ++stats.ends[std::string(enum_text(trial.status))];
    ++stats.runs[trial.run];
  }
  return stats;
}

}  // namespace

std::string records_text(std::span<const TuningRecord> records) {
  std::string text, heading;
  for (const TuningRecord& record : records) {
    const std::string place = record.host + ", " + record.machine;
    if (place != heading) text += fmt::format("{}{}\n", heading.empty() ? "" : "\n", place);
    heading = place;
    text += fmt::format("  {}\n    {:.2f} us by {}, {}{}, spread {:.1f} %, {}, {}{}\n",
                        printable(record.spec.text(), kTextBytes), record.median_ns / 1e3,
                        printable(record.choice.text(), kTextBytes), threads_text(record),
                        counted(record.samples, "sample"), 100 * record.spread, record.date,
                        record.short_hash(), is_current(record) ? "" : ", of other versions");
  }
  return text;
}

std::string shipped_text(std::span<const TuningRecord> shipped) {
  std::map<std::string, int> hosts;
  for (const TuningRecord& record : shipped) ++hosts[record.host];
  std::string text;
  for (const auto& [host, number] : hosts) {
    text += fmt::format("shipped with vitgen: {} of {}\n", counted(number, "record"), host);
  }
  return text;
}

std::string stats_text(std::span<const TuningRecord> records, std::span<const TuningTrial> trials) {
  const Stats stats = count(records, trials);
  std::string text =
      fmt::format("{}, {} of this version", counted(stats.records, "record"), stats.current);
  if (stats.records > 0) text += fmt::format(", {} to {}", stats.oldest, stats.newest);
  text += "\n";
  for (const auto& [place, ops] : stats.ops) {
    text += fmt::format("  {}\n", place);
    for (const auto& [op, number] : ops) text += fmt::format("    {:<16} {}\n", op, number);
  }
  text +=
      fmt::format("{} in {}\n", counted(stats.trials, "trial"), counted(stats.runs.size(), "run"));
  for (const auto& [end, number] : stats.ends) text += fmt::format("    {:<16} {}\n", end, number);
  return text;
}

Json stats_json(std::span<const TuningRecord> records, std::span<const TuningTrial> trials) {
  const Stats stats = count(records, trials);
  Json json = {{"records", stats.records}, {"current", stats.current}};
  if (stats.records > 0) {
    json["oldest"] = stats.oldest;
    json["newest"] = stats.newest;
  }
  json["by_place"] = Json::array();
  for (const auto& [place, ops] : stats.ops) {
    const std::size_t comma = place.find(", ");
    json["by_place"].push_back({{"host", place.substr(0, comma)},
                                {"machine", place.substr(comma + 2)},
                                {"ops", Json(ops)}});
  }
  json["trials"] = stats.trials;
  json["runs"] = stats.runs.size();
  json["trials_by_status"] = Json(stats.ends);
  return json;
}

std::string merge_text(const MergeReport& report) {
  std::string text;
  for (const std::string& note : report.notes) text += printable(note, kTextBytes) + "\n";
  return text + fmt::format("{} added, {} replaced, {} had less support, {} were there; {} added\n",
                            counted(report.added, "record"), report.replaced, report.kept,
                            report.equal, counted(report.trials, "trial"));
}

Json merge_json(const MergeReport& report) {
  return {{"added", report.added}, {"replaced", report.replaced}, {"kept", report.kept},
          {"equal", report.equal}, {"trials", report.trials},     {"notes", report.notes}};
}

std::string future_text(std::span<const TuningRecord> records,
                        std::span<const TuningTrial> trials) {
  const std::string latest = latest_date();
  std::string first;
  std::size_t others = 0;
  const auto look = [&](const auto& item, const std::string& name) {
    if (item.date <= latest) return;
    others += first.empty() ? 0 : 1;
    if (!first.empty()) return;
    first = fmt::format("{} of {} on {} has the date {}, which is still to come", name,
                        printable(item.spec.text(), kTextBytes), item.host, item.date);
  };
  for (const TuningRecord& record : records) look(record, "record " + record.short_hash());
  for (const TuningTrial& trial : trials) look(trial, "a trial");
  if (first.empty()) return {};
  return fmt::format("note: {}{}; of two with as many samples the newer one stays", first,
                     others == 0 ? "" : fmt::format(" (and {} more)", others));
}

std::string pruned_text(const TuningDatabase::Pruned& pruned, bool only_tell) {
  return fmt::format("{} and {} {}\n", counted(pruned.records, "record"),
                     counted(pruned.trials, "trial"), only_tell ? "would be removed" : "removed");
}

Json pruned_json(const TuningDatabase::Pruned& pruned, bool only_tell) {
  return {{"records", pruned.records}, {"trials", pruned.trials}, {"removed", !only_tell}};
}

}  // namespace vitgen
