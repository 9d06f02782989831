#include "tools/report/peers_chart.h"

#include <fmt/format.h>

#include <algorithm>

#include "generators/base/counted.h"
#include "tools/report/html.h"
#include "tools/report/kinds.h"
#include "tools/report/svg.h"

namespace vitgen {

namespace {

using Names = std::vector<std::string>;

int place_of(const Names& names, const std::string& name) {
  return static_cast<int>(std::ranges::find(names, name) - names.begin());
}

std::string colour(int place) { return "k" + std::to_string(std::min(place, kColours - 1)); }

Scale ratio_scale(const PeerRecord& record, double width) {
  double low = 0.9, high = 1.1;
  for (const PeerCell& cell : record.cells) {
    for (const PeerFigures& each : cell.programs) {
      low = std::min(low, each.ratio.low);
      high = std::max(high, each.ratio.high);
    }
  }
  const double margin = 0.04 * (high - low);
  return {low - margin, high + margin, 8, width - 8, false};
}

std::string cell_row(const PeerCell& cell, const Names& names, const Scale& scale, double y) {
  std::string out;
  double row = y + 26;
  for (const PeerFigures& each : cell.programs) {
    const int place = place_of(names, each.name);
    const std::string style = colour(place);
    out += svg_line(scale(each.ratio.low), row, scale(each.ratio.high), row, "interval " + style);
    out +=
        svg_marker(place, scale(each.ratio.value), row, 5, "dot " + style,
                   fmt::format("{}\nratio {:.3f}, between {:.3f} and {:.3f}\n{:.2f} ms", each.name,
                               each.ratio.value, each.ratio.low, each.ratio.high, each.median_ms));
    row += 11;
  }
  out += svg_text(
      8, y + 13,
      fmt::format("{}, {}, batch {}", cell.model, counted(cell.threads, "thread"), cell.batch),
      "label");
  return out;
}

double row_height(const PeerCell& cell) {
  return 34 + 11 * static_cast<double>(cell.programs.size());
}

}  // namespace

std::vector<std::string> program_names(const PeerRecord& record) {
  Names names;
  for (const PeerCell& cell : record.cells) {
    for (const PeerFigures& each : cell.programs) {
      if (std::ranges::find(names, each.name) == names.end()) names.push_back(each.name);
    }
  }
  return names;
}

std::string peers_chart(const PeerRecord& record, double width, std::string_view style) {
  const Names names = program_names(record);
  const Scale scale = ratio_scale(record, width);
  double height = 0;
  for (const PeerCell& cell : record.cells) height += row_height(cell);
  std::string body;
  for (const double tick : linear_ticks(scale.low, scale.high, width > 500 ? 9 : 5)) {
    body += svg_line(scale(tick), 0, scale(tick), height, "grid");
    body += svg_text(scale(tick), height + 15, tick_text(tick), "tick", Anchor::middle);
  }
  body += svg_line(scale(1), 0, scale(1), height, "even");
  body += svg_text(width / 2, height + 34, "time of vitgen / time of the program", "axis",
                   Anchor::middle);
  double y = 0;
  for (const PeerCell& cell : record.cells) {
    if (y > 0) body += svg_line(0, y, width, y, "rule");
    body += cell_row(cell, names, scale, y);
    y += row_height(cell);
  }
  return svg_document(width, height + 42, style,
                      "Ratios of vitgen's time to other programs': the table has the same figures",
                      body);
}

std::string peers_legend(const PeerRecord& record) {
  std::string out = "<p class=\"legend\">";
  const Names names = program_names(record);
  for (const std::string& name : names) {
    const int place = place_of(names, name);
    out += "<span class=\"kind\"><svg class=\"key\" viewBox=\"0 0 14 14\" aria-hidden=\"true\">" +
           svg_marker(place, 7, 7, 4.4, "dot " + colour(place)) + "</svg>" + escaped(name) +
           "</span> ";
  }
  return out + "</p>\n";
}

}  // namespace vitgen
