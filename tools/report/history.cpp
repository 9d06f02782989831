#include "tools/report/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "tools/measure/figures.h"
#include "tools/report/svg.h"

namespace vitgen {

namespace {

bool measured(const TrialPoint& trial) { return trial.status == "measured" && trial.best_us > 0; }

struct Range {
  double low = 0, high = 0;
};

Range range_of(const TuningHistory& history) {
  Range range;
  for (const TrialPoint& trial : history.trials) {
    if (!measured(trial)) continue;
    range.low = range.low == 0 ? trial.best_us : std::min(range.low, trial.best_us);
    range.high = std::max(range.high, trial.best_us);
  }
  return range;
}

std::string trial_title(const TuningHistory& history, std::size_t i) {
  const TrialPoint& trial = history.trials[i];
  std::string text = fmt::format("trial {}: {}\n", i + 1, trial.choice);
  if (!measured(trial)) return text + trial.status + ": " + trial.reason;
  return text + fmt::format("{} us, {} GF/s", figure(trial.best_us),
                            figure(history.flops / trial.best_us * 1e-3));
}

std::string marks(const TuningHistory& history, const Scale& x, const Scale& y, double lane) {
  std::string dots, best_path;
  double best = 0;
  for (std::size_t i = 0; i < history.trials.size(); ++i) {
    const TrialPoint& trial = history.trials[i];
    const double at = x(static_cast<double>(i + 1));
    if (!measured(trial)) {
      dots += svg_marker(2, at, lane, 3, "rejected", trial_title(history, i));
      continue;
    }
    dots += svg_marker(0, at, y(trial.best_us), 3.2, "trial", trial_title(history, i));
    if (best != 0 && trial.best_us >= best) continue;
    best_path += best == 0 ? fmt::format("M{:.1f} {:.1f}", at, y(trial.best_us))
                           : fmt::format("H{:.1f}V{:.1f}", at, y(trial.best_us));
    best = trial.best_us;
  }
  if (best != 0) best_path += fmt::format("H{:.1f}", x.to);
  return svg_path(best_path, "best") + dots;
}

}  // namespace

std::size_t best_trial(const TuningHistory& history) {
  std::size_t best = history.trials.size();
  for (std::size_t i = 0; i < history.trials.size(); ++i) {
    if (!measured(history.trials[i])) continue;
    if (best == history.trials.size() || history.trials[i].best_us < history.trials[best].best_us) {
      best = i;
    }
  }
  return best;
}

std::string history_chart(const TuningHistory& history, double width, std::string_view style) {
  constexpr double kHeight = 190, kLeft = 52, kBottom = 148;
  const double lane = kBottom - 8;  // of what was rejected
  const Range range = range_of(history);
  if (range.low == 0) return {};
  const Scale x{1, std::max(2.0, static_cast<double>(history.trials.size())), kLeft + 10,
                width - 10, false};
  const Scale y{range.low / 1.08, range.high * 1.12, lane - 14, 8, true};
  std::string body;
  std::vector<double> ticks = log_ticks(y.low, y.high);
  if (ticks.size() < 3) ticks = linear_ticks(y.low, y.high, 4);
  for (const double tick : ticks) {
    body += svg_line(kLeft, y(tick), width - 4, y(tick), "grid");
    body += svg_text(kLeft - 6, y(tick) + 4, tick_text(tick), "tick", Anchor::end);
  }
  for (const double tick : linear_ticks(1, x.high, width > 500 ? 10 : 5)) {
    body += svg_text(x(tick), kBottom + 15, tick_text(tick), "tick", Anchor::middle);
  }
  body += svg_line(kLeft, kBottom, width - 4, kBottom, "rule");
  body += svg_text((kLeft + width) / 2, kBottom + 34, "trial", "axis", Anchor::middle);
  body += svg_text(12, (y.from + y.to) / 2, "us per call", "axis", Anchor::middle, -90);
  return svg_document(width, kHeight, style, "Time per call over the trials of the search",
                      body + marks(history, x, y, lane));
}

Json history_json(const std::vector<TuningHistory>& histories) {
  Json out = Json::array();
  for (const TuningHistory& history : histories) {
    std::map<std::string, int> counts;
    Json trials = Json::array();
    for (const TrialPoint& trial : history.trials) {
      ++counts[trial.status];
      trials.push_back({{"choice", trial.choice},
                        {"status", trial.status},
                        {"reason", trial.reason},
                        {"us", trial.best_us}});
    }
    Json each = {{"steps", history.steps},      {"spec", history.spec},
                 {"machine", history.machine},  {"recorded", history.recorded},
                 {"trials", std::move(trials)}, {"counts", counts}};
    const std::size_t best = best_trial(history);
    if (best < history.trials.size()) {
      const double us = history.trials[best].best_us;
      each["best_us"] = us;
      each["best_gflops"] = history.flops / us * 1e-3;
      each["best_trial"] = best + 1;
    }
    out.push_back(std::move(each));
  }
  return out;
}

}  // namespace vitgen
