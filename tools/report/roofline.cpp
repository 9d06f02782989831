#include "tools/report/roofline.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "generators/base/counted.h"
#include "tools/measure/figures.h"
#include "tools/report/svg.h"

namespace vitgen {

namespace {

struct Dot {
  std::size_t number = 0;  // in the table
  double x = 0, y = 0, r = 0;
};

struct Box {
  double left, top, right, bottom;
  bool meets(const Box& other) const {
    return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
  }
};

// What a cell's device can do, and of what.
struct Roofs {
  MachinePeaks peaks;
  std::string words;  // "multiply-adds"
};

// From here on in TF/s: five digits beside an axis are none to read.
constexpr double kTera = 1e4;

struct Plot {
  Scale x, y;
  double right, bottom;  // pixels; left and top are x.from and y.to
};

double intensity(const Cost& cost) { return cost.flops / cost.bytes; }

bool drawable(const Cost& cost) { return cost.flops > 0 && cost.bytes > 0 && cost.ms > 0; }

bool inside(const Plot& plot, const Cost& cost) {
  constexpr double kMargin = 6;  // pixels: room for a small marker
  const double x = plot.x(intensity(cost)), y = plot.y(cost.gflops());
  return x >= plot.x.from + kMargin && x <= plot.right - kMargin && y >= plot.y.to + kMargin &&
         y <= plot.bottom - kMargin;
}

// The axes hold the peak, the ridge of the memory's roof, and the kernels that take a thousandth of
// the time: one that nobody waits for shall not push the others into a corner.
Plot plot_of(const CellTimes& cell, const MachinePeaks& peaks, double width, double height) {
  const double ridge = peaks.memory_gbs > 0 ? peaks.gflops / peaks.memory_gbs : 1;
  double low_x = ridge, high_x = ridge, low_y = peaks.gflops, high_y = peaks.gflops;
  for (const KernelTime& kernel : cell.kernels) {
    if (!drawable(kernel.cost) || kernel.cost.ms < 1e-3 * cell.steps_ms()) continue;
    low_x = std::min(low_x, intensity(kernel.cost));
    high_x = std::max(high_x, intensity(kernel.cost));
    low_y = std::min(low_y, kernel.cost.gflops());
    high_y = std::max(high_y, kernel.cost.gflops());
  }
  const double left = 44, top = 12;
  Plot plot{.x = {low_x / 2, high_x * 2.5, left, width - 12, true},
            .y = {low_y / 2, high_y * 1.7, height - 40, top, true},
            .right = width - 12,
            .bottom = height - 40};
  return plot;
}

std::string axes(const Plot& plot, const MachinePeaks& peaks) {
  const bool tera = peaks.gflops >= kTera;
  std::string out;
  for (const double tick : log_ticks(plot.x.low, plot.x.high)) {
    out += svg_line(plot.x(tick), plot.y.to, plot.x(tick), plot.bottom, "grid");
    out += svg_text(plot.x(tick), plot.bottom + 15, tick_text(tick), "tick", Anchor::middle);
  }
  for (const double tick : log_ticks(plot.y.low, plot.y.high)) {
    out += svg_line(plot.x.from, plot.y(tick), plot.right, plot.y(tick), "grid");
    out += svg_text(plot.x.from - 6, plot.y(tick) + 4, tick_text(tera ? tick * 1e-3 : tick), "tick",
                    Anchor::end);
  }
  out += svg_text((plot.x.from + plot.right) / 2, plot.bottom + 34,
                  "operations per byte read or written", "axis", Anchor::middle);
  out += svg_text(12, (plot.y.to + plot.bottom) / 2, tera ? "TF/s" : "GF/s", "axis", Anchor::middle,
                  -90);
  return out;
}

// A slope from the left or lower edge to the peak, with its name along it.
std::string slope(const Plot& plot, double gbs, double peak, std::string_view name, double place) {
  if (gbs <= 0) return {};
  const double begin = std::max(plot.x.low, plot.y.low / gbs);
  const double end = std::min(plot.x.high, peak / gbs);
  if (begin >= end) return {};
  const double x1 = plot.x(begin), y1 = plot.y(begin * gbs);
  const double x2 = plot.x(end), y2 = plot.y(end * gbs);
  const double angle = std::atan2(y2 - y1, x2 - x1);
  const std::string text = fmt::format("{} {} GB/s", name, figure(gbs));
  const double length = std::hypot(x2 - x1, y2 - y1);
  std::string out = svg_line(x1, y1, x2, y2, "roof");
  if (length > text_width(text) + 10) {
    const double at = place * (length - text_width(text));
    const double x = x1 + at * std::cos(angle) + 5 * std::sin(angle);
    const double y = y1 + at * std::sin(angle) - 5 * std::cos(angle);
    out += svg_text(x, y, text, "rooftext", Anchor::start, angle * 180 / std::numbers::pi);
  }
  return out;
}

std::string peak_text(const Roofs& roofs) {
  return fmt::format("peak of {} {}", roofs.words, rate_text(roofs.peaks.gflops));
}

std::string roof_lines(const Plot& plot, const Roofs& roofs) {
  const MachinePeaks& peaks = roofs.peaks;
  double fastest = std::max({peaks.memory_gbs, peaks.l2_gbs, peaks.l3_gbs});
  if (fastest <= 0) fastest = peaks.gflops / plot.x.low;
  const double ridge = std::max(plot.x.low, peaks.gflops / fastest);
  const double y = plot.y(peaks.gflops);
  return svg_line(plot.x(ridge), y, plot.right, y, "roof peak") +
         svg_text(plot.right - 2, y - 6, peak_text(roofs), "rooftext", Anchor::end) +
         slope(plot, peaks.memory_gbs, peaks.gflops, "memory", 0.05) +
         slope(plot, peaks.l3_gbs, peaks.gflops, "L3", 0.35) +
         slope(plot, peaks.l2_gbs, peaks.gflops, "L2", 0.65);
}

std::string dot_title(const KernelTime& kernel, const CellTimes& cell, const MachinePeaks& peaks) {
  const Cost& cost = kernel.cost;
  return fmt::format("{} ({})\n{} ms, {:.1f} % of the time\n{}, {:.1f} % of the peak\n{} GB/s",
                     kernel.steps, op_text(kernel.op), figure(cost.ms),
                     100 * cost.ms / cell.steps_ms(), rate_text(cost.gflops()),
                     100 * cost.gflops() / peaks.gflops, figure(cost.gbs()));
}

// The first place around its dot where a number meets no other: inside, then beside and around.
// `taken`: numbers that have their place, and all other dots.
Box place_number(const Dot& dot, const std::string& text, const std::vector<Box>& taken,
                 const Plot& plot) {
  const double w = text_width(text) + 2, h = 12;
  const auto box_at = [&](double x, double y) {
    return Box{x - w / 2, y - h / 2, x + w / 2, y + h / 2};
  };
  if (dot.r >= 8) {
    const Box middle = box_at(dot.x, dot.y);
    if (std::ranges::none_of(taken, [&](const Box& b) { return b.meets(middle); })) return middle;
  }
  for (const double distance : {dot.r + 8, dot.r + 18, dot.r + 30, dot.r + 44, dot.r + 60}) {
    for (const double degrees : {0.0, -45.0, 45.0, -90.0, 90.0, 180.0, -135.0, 135.0}) {
      const double angle = degrees * std::numbers::pi / 180;
      const Box box =
          box_at(dot.x + distance * std::cos(angle), dot.y + distance * std::sin(angle));
      const bool in_plot = box.left >= plot.x.from && box.right <= plot.right &&
                           box.top >= plot.y.to && box.bottom <= plot.bottom;
      if (in_plot && std::ranges::none_of(taken, [&](const Box& b) { return b.meets(box); })) {
        return box;
      }
    }
  }
  return box_at(dot.x, dot.y);
}

std::string numbers_of(const std::vector<Dot>& dots, const Plot& plot, const Roofs& roofs) {
  const double roof = plot.y(roofs.peaks.gflops);
  const double text_left = plot.right - text_width(peak_text(roofs));
  std::vector<Box> numbers = {{plot.x.from, roof - 1, plot.right, roof + 1},
                              {text_left, roof - 18, plot.right, roof}};
  std::string out;
  for (const Dot& dot : dots) {
    const std::string text = std::to_string(dot.number);
    std::vector<Box> taken = numbers;
    for (const Dot& other : dots) {
      if (other.number == dot.number) continue;
      taken.push_back({other.x - other.r, other.y - other.r, other.x + other.r, other.y + other.r});
    }
    const Box box = place_number(dot, text, taken, plot);
    numbers.push_back(box);
    const double x = (box.left + box.right) / 2, y = (box.top + box.bottom) / 2;
    const double away = std::hypot(x - dot.x, y - dot.y);
    if (away > dot.r + 10) {
      const double cut = (away - 7) / away;
      out += svg_line(dot.x, dot.y, dot.x + cut * (x - dot.x), dot.y + cut * (y - dot.y), "leader");
    }
    out += svg_text(x, y + 4, text, away < dot.r ? "number inside" : "number", Anchor::middle);
  }
  return out;
}

}  // namespace

std::string roofline(const BenchRecord& record, const CellTimes& cell, const Kinds& kinds,
                     double width, double height, std::string_view style) {
  const Roofs roofs{record.peaks_of(cell.threads), record.peak_words()};
  const MachinePeaks& peaks = roofs.peaks;
  if (peaks.gflops <= 0) return {};
  const Plot plot = plot_of(cell, peaks, width, height);
  const double largest = 0.04 * std::min(width, height);  // radius of a kernel with all of the time
  std::string markers;
  std::vector<Dot> dots;
  for (std::size_t k = 0; k < cell.kernels.size(); ++k) {  // most time first: small ones on top
    const KernelTime& kernel = cell.kernels[k];
    if (!drawable(kernel.cost) || !inside(plot, kernel.cost)) continue;
    const double share = kernel.cost.ms / cell.steps_ms();
    const Dot dot{k + 1, plot.x(intensity(kernel.cost)), plot.y(kernel.cost.gflops()),
                  3 + largest * std::sqrt(share)};
    dots.push_back(dot);
    markers += svg_marker(kinds.marker(kernel.op), dot.x, dot.y, dot.r,
                          "dot " + kinds.style(kernel.op), dot_title(kernel, cell, peaks));
  }
  const std::string label =
      fmt::format("Roofline of {} with {}, batch {}: the table below has the same figures",
                  counted(dots.size(), "kernel"), counted(cell.threads, "thread"), cell.batch);
  return svg_document(
      width, height, style, label,
      axes(plot, peaks) + roof_lines(plot, roofs) + markers + numbers_of(dots, plot, roofs));
}

}  // namespace vitgen
