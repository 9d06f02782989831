#include "tools/report/time_chart.h"

#include <fmt/format.h>

#include <algorithm>

#include "generators/base/counted.h"
#include "tools/measure/figures.h"
#include "tools/report/svg.h"

namespace vitgen {

namespace {

double share_of(const CellTimes& cell, const std::string& op) {
  double ms = 0;
  for (const KernelTime& kernel : cell.kernels) ms += kernel.op == op ? kernel.cost.ms : 0;
  return cell.steps_ms() > 0 ? ms / cell.steps_ms() : 0;
}

// The longest of the texts that a segment has room for; empty if none.
std::string fitting(const std::vector<std::string>& texts, double width) {
  constexpr double kMargin = 8;
  for (const std::string& text : texts) {
    if (text_width(text) + kMargin <= width) return text;
  }
  return {};
}

std::string cell_bar(const CellTimes& cell, const Kinds& kinds, double x, double y, double width,
                     double height) {
  std::string out;
  for (const std::string& op : kinds.ops()) {
    const double share = share_of(cell, op);
    const double w = share * width;
    const std::string percent = fmt::format("{:.0f} %", 100 * share);
    const std::string name = op_text(op);
    out += svg_rect(x, y, w, height, "bar " + kinds.style(op),
                    fmt::format("{}: {:.1f} % of the time", name, 100 * share));
    const std::string text = fitting({name + " " + percent, percent}, w);
    if (!text.empty()) {
      out += svg_text(x + w / 2, y + height / 2 + 4, text, "inbar", Anchor::middle);
    }
    x += w;
  }
  return out;
}

}  // namespace

std::string share_chart(const BenchRecord& record, const Kinds& kinds, double width,
                        std::string_view style) {
  constexpr double kBar = 26, kRow = 52, kText = 14;
  std::string body;
  double y = 0;
  for (const CellTimes& cell : record.cells) {
    body += svg_text(0, y + kText - 2,
                     fmt::format("{}, batch {}: {} ms", counted(cell.threads, "thread"), cell.batch,
                                 figure(cell.ms.p50)),
                     "label");
    body += cell_bar(cell, kinds, 0, y + kText + 4, width, kBar);
    y += kRow;
  }
  return svg_document(width, std::max(y - 6, 1.0), style, "Shares of the time by op", body);
}

std::string step_strip(const CellTimes& cell, const Kinds& kinds, double width,
                       std::string_view style) {
  constexpr double kHeight = 30, kAxis = 34;
  const double total = cell.steps_ms();
  if (total <= 0) return {};
  const Scale scale{0, total, 1, width - 1, false};
  std::string body;
  double at = 0;
  for (const StepTime& step : cell.steps) {
    const double x = scale(at);
    at += step.cost.ms;
    body +=
        svg_rect(x, 0, scale(at) - x, kHeight, "step " + kinds.style(cell.kernels[step.kernel].op),
                 fmt::format("{}\n{} ms, {:.1f} % of the time", step.name, figure(step.cost.ms),
                             100 * step.cost.ms / total));
  }
  const std::vector<double> ticks = linear_ticks(0, total, width > 500 ? 8 : 4);
  for (const double tick : ticks) {
    const Anchor anchor = tick == 0                  ? Anchor::start
                          : scale(tick) > width - 24 ? Anchor::end
                                                     : Anchor::middle;
    body += svg_line(scale(tick), kHeight, scale(tick), kHeight + 5, "tickline");
    body += svg_text(scale(tick), kHeight + 18,
                     tick_text(tick) + (tick == ticks.back() ? " ms" : ""), "tick", anchor);
  }
  return svg_document(width, kHeight + kAxis - 12, style,
                      "The steps of a run in their order, as wide as their times", body);
}

}  // namespace vitgen
