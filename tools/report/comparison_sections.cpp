// The parts of the page about other programs and about the search for schedules.

#include <fmt/format.h>

#include <map>

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

Rows peer_rows(const PeerRecord& record, const Source& peers) {
  Rows rows;
  for (std::size_t c = 0; c < record.cells.size(); ++c) {
    const PeerCell& cell = record.cells[c];
    const std::string at = "/cells/" + std::to_string(c);
    for (std::size_t p = 0; p < cell.programs.size(); ++p) {
      const std::string program = at + "/programs/" + std::to_string(p);
      const std::string name = escaped(cell.programs[p].name);
      rows.push_back({p == 0 ? escaped(cell.model) : "", p == 0 ? std::to_string(cell.threads) : "",
                      p == 0 ? std::to_string(cell.batch) : "",
                      p == 0 ? number(peers, at + "/median_ms") : "",
                      p == cell.best ? "<b>" + name + "</b> (fastest)" : name,
                      number(peers, program + "/median_ms"), ratio_text(peers, program)});
    }
  }
  return rows;
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
                    escaped(group.reason), "<code>" + escaped(group.choice, 2000) + "</code>"});
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
  std::string out = "<details class=\"cell\"><summary><b>" + escaped(op_of(history.spec)) +
                    "</b> <span class=\"aside\">";
  if (best < history.trials.size()) {
    out += "best " + number(tuning, at + "/best_us") + " us, " +
           number(tuning, at + "/best_gflops", 1) + " GF/s, trial " +
           number(tuning, at + "/best_trial", 0) + " of " + std::to_string(history.trials.size());
  } else {
    out += fmt::format("none of {} trials was measured", history.trials.size());
  }
  out += "</span></summary>\n<p><code>" + escaped(history.spec, 2000) + "</code> on " +
         escaped(history.machine) + "</p>\n";
  out += history_chart(history, 1000, "wide") + history_chart(history, 340, "narrow");
  if (best < history.trials.size()) {
    out +=
        "<p class=\"note\">Best: <code>" + escaped(history.trials[best].choice, 2000) +
        "</code>. Dots are measured candidates, the line is the best so far, diamonds at the foot "
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
  out += table("Times of other programs",
               {{"model", false},
                {"threads"},
                {"batch"},
                {"vitgen ms"},
                {"program", false},
                {"its ms"},
                {"ratio"}},
               peer_rows(record, peers));
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
