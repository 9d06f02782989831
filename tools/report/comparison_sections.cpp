// The parts of the page about other programs and about the search for schedules.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "generators/base/counted.h"
#include "tools/report/peers_chart.h"
#include "tools/report/sections.h"

namespace vitgen {

namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string ratio_text(const Source& peers, const std::string& at) {
  return number(peers, at + "/ratio", 3) + " <span class=\"aside\">(" +
         number(peers, at + "/ratio_low", 3) + " to " + number(peers, at + "/ratio_high", 3) +
         ")</span>";
}

std::vector<Column> cell_columns() { return {{"model", false}, {"threads"}, {"batch"}}; }

std::vector<std::string> cell_row(const PeerCell& cell, const Source& peers,
                                  const std::string& at) {
  return {escaped(cell.model), number(peers, at + "/threads", 0), number(peers, at + "/batch", 0)};
}

// A row per cell: all times, and how vitgen compares with the fastest other program.
std::string times_table(const PeerRecord& record, const Source& peers) {
  const std::vector<std::string> names = program_names(record);
  std::vector<Column> columns = cell_columns();
  columns.insert(columns.end(), {{"vitgen ms"}, {"fastest other", false}, {"ratio to it"}});
  for (const std::string& name : names) columns.push_back({escaped(name) + " ms"});
  Rows rows;
  for (std::size_t c = 0; c < record.cells.size(); ++c) {
    const PeerCell& cell = record.cells[c];
    const std::string at = "/cells/" + std::to_string(c);
    std::vector<std::string> row = cell_row(cell, peers, at);
    row.push_back(number(peers, at + "/median_ms"));
    row.push_back("<b>" + escaped(cell.programs[cell.best].name) + "</b>");
    row.push_back(ratio_text(peers, at + "/programs/" + std::to_string(cell.best)));
    for (const std::string& name : names) {
      const auto found = std::ranges::find(cell.programs, name, &PeerFigures::name);
      const auto p = static_cast<std::size_t>(found - cell.programs.begin());
      row.push_back(p == cell.programs.size()
                        ? "none"
                        : number(peers, at + "/programs/" + std::to_string(p) + "/median_ms"));
    }
    rows.push_back(std::move(row));
  }
  return table("Times of other programs", columns, rows);
}

std::string ratios_table(const PeerRecord& record, const Source& peers) {
  std::vector<Column> columns = cell_columns();
  columns.insert(columns.end(), {{"program", false}, {"median ms"}, {"fastest ms"}, {"ratio"}});
  Rows rows;
  for (std::size_t c = 0; c < record.cells.size(); ++c) {
    const PeerCell& cell = record.cells[c];
    const std::string at = "/cells/" + std::to_string(c);
    for (std::size_t p = 0; p < cell.programs.size(); ++p) {
      const std::string program = at + "/programs/" + std::to_string(p);
      rows.push_back(cell_row(cell, peers, at));
      rows.back().insert(rows.back().end(),
                         {escaped(cell.programs[p].name), number(peers, program + "/median_ms"),
                          number(peers, program + "/least_ms"), ratio_text(peers, program)});
    }
  }
  return table("Ratios to each program", columns, rows);
}

std::string versions_text(const PeerRecord& record) {
  std::string text;
  for (const auto& [name, version] : record.versions) {
    text += (text.empty() ? "" : ", ") + name + " " + version;
  }
  return text;
}

// "linear" of "linear(rows=197,...)"
std::string op_of(const std::string& spec) { return spec.substr(0, spec.find('(')); }

std::string status_text(std::string status) {
  for (char& c : status) c = c == '_' ? ' ' : c;
  return status;
}

// What was not measured: how often, and the first reason given.
std::string rejection_table(const TuningHistory& history) {
  struct Group {
    int count = 0;
    std::string choice, reason;
  };
  std::map<std::string, Group> groups;
  for (const TrialPoint& trial : history.trials) {
    if (trial.status == "measured") continue;
    Group& group = groups[trial.status];
    if (group.count++ == 0) group = {1, trial.choice, trial.reason};
  }
  if (groups.empty()) return {};
  Rows rows;
  for (const auto& [status, group] : groups) {
    rows.push_back({escaped(status_text(status)), std::to_string(group.count),
                    escaped(group.reason), code(group.choice)});
  }
  return table("Rejected candidates",
               {{"what became of it", false},
                {"trials"},
                {"first reason", false},
                {"of this candidate", false}},
               rows);
}

std::string history_part(const TuningHistory& history, const std::string& at,
                         const Source& tuning) {
  const std::size_t best = best_trial(history);
  std::string out = "<details class=\"cell\"><summary><b>" + escaped(history.steps) +
                    "</b> <span class=\"aside\">" + escaped(op_text(op_of(history.spec))) + ", ";
  if (best < history.trials.size()) {
    out += "best " + number(tuning, at + "/best_us") + " us, " +
           number(tuning, at + "/best_gflops", 1) + " GF/s, trial " +
           number(tuning, at + "/best_trial", 0) + " of " + std::to_string(history.trials.size());
  } else {
    out += fmt::format("none of {} was measured", counted(history.trials.size(), "trial"));
  }
  out += "</span></summary>\n<p>" + code(history.spec) + " on " + code(history.machine) + "</p>\n";
  out += history_chart(history, 1000, "wide") + history_chart(history, 340, "narrow");
  if (best < history.trials.size()) {
    out += "<p class=\"note\">Shortest: " + code(history.trials[best].choice) + ". " +
           (history.recorded.empty()
                ? "Nothing is recorded"
                : "Recorded, after pairs with what was in use: " + code(history.recorded)) +
           ". Dots are measured candidates, the line is the best so far, diamonds at the foot "
           "were rejected.</p>\n";
  }
  return out + rejection_table(history) + "</details>\n";
}

}  // namespace

std::string peers_section(const PeerRecord& record, const Source& peers) {
  std::string out =
      "<p>Geometric mean of the ratios to the fastest other program: <b>" +
      number(peers, "/geometric_mean", 3) +
      "</b>. Below 1 vitgen is faster; ratios are medians of paired bursts with their "
      "95 % interval.</p>\n";
  out += peers_legend(record);
  out += peers_chart(record, 1000, "wide") + peers_chart(record, 340, "narrow");
  out += times_table(record, peers) + "<details><summary>Every ratio</summary>\n" +
         ratios_table(record, peers) + "</details>\n";
  return out + "<p class=\"note\">" +
         escaped(fmt::format("Measured {} on {} with {}; ms are medians.", record.date, record.cpu,
                             versions_text(record)),
                 1000) +
         "</p>\n";
}

std::string tuning_section(const std::vector<TuningHistory>& histories, const Source& tuning) {
  std::string out;
  for (std::size_t h = 0; h < histories.size(); ++h) {
    out += history_part(histories[h], "/" + std::to_string(h), tuning);
  }
  return out;
}

}  // namespace vitgen
