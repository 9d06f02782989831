#include "plot.h"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <fstream>
#include <stdexcept>

namespace {

constexpr int kWidth = 860;
constexpr int kLeft = 62, kRight = 16;  // of the panels, in pixels
constexpr int kTop = 44, kBottom = 48;
constexpr int kPanel = 130, kGap = 26;
constexpr int kDay = 24;
constexpr int kDaysShown = 7;  // before the forecast

// Colours that are told apart by the colour-blind (Okabe and Ito 2008), on a ground of their own.
constexpr const char* kStyle = R"(<style>
  .ground { fill: #ffffff }
  text { font: 12px sans-serif; fill: #333333 }
  line { stroke: #333333; stroke-opacity: 0.2 }
  line.now { stroke-opacity: 0.8; stroke-dasharray: 2 3 }
  polyline { fill: none; stroke-linejoin: round }
  .past { stroke: #777777; stroke-width: 1.3 }
  .future { stroke: #0072b2; stroke-width: 1.5; stroke-dasharray: 5 3 }
  .forecast { stroke: #d55e00; stroke-width: 2.2 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #15181d }
    text { fill: #d7dae0 }
    line { stroke: #d7dae0 }
    .past { stroke: #a0a4ab }
    .future { stroke: #56b4e9 }
    .forecast { stroke: #f28e2b }
  }
</style>
)";

__attribute__((format(printf, 2, 3))) void append(std::string& text, const char* format, ...) {
  char line[256];
  std::va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  text += line;
}

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '<' || c == '&') {
      safe += c == '<' ? "&lt;" : "&amp;";
    } else {
      safe += c;
    }
  }
  return safe;
}

/// Of the hours shown, 0 being the first that is forecast.
struct Hours {
  int first, last;

  double x(double hour) const {
    return kLeft + (hour - first) / (last - first) * (kWidth - kLeft - kRight);
  }
};

/// A panel's scale: whole multiples of a step of 1, 2 or 5 times a power of ten.
struct Scale {
  double low, high, step;
  int top;  ///< the panel's, in pixels

  double y(double value) const { return top + (high - value) / (high - low) * kPanel; }
};

Scale scale_of(double least, double most, int top) {
  const double range = std::max(most - least, 1e-6);
  const double power = std::pow(10, std::floor(std::log10(range / 4)));
  double step = power;
  for (const double factor : {2, 5, 10}) {
    if (range / step > 5) step = factor * power;
  }
  return {.low = std::floor(least / step) * step,
          .high = std::floor(most / step + 1) * step,
          .step = step,
          .top = top};
}

/// The rows from `begin` on; the first of them is drawn at `hour`.
void add_curve(std::string& svg, const char* name, const Table& table, std::size_t begin,
               std::size_t variable, int hour, const Hours& hours, const Scale& scale) {
  append(svg, "<polyline class=\"%s\" points=\"", name);
  for (std::size_t row = begin; row < table.rows(); ++row, ++hour) {
    append(svg, "%.1f,%.1f ", hours.x(hour), scale.y(static_cast<double>(table.at(row, variable))));
  }
  svg += "\"/>\n";
}

void add_axes(std::string& svg, const std::string& name, const Hours& hours, const Scale& scale) {
  for (int i = 0; scale.low + i * scale.step < scale.high + scale.step / 2; ++i) {
    const double value = scale.low + i * scale.step;
    append(svg, "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>\n", kLeft, scale.y(value),
           kWidth - kRight, scale.y(value));
    append(svg, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n", kLeft - 6,
           scale.y(value) + 4, value);
  }
  for (int hour = hours.first; hour <= hours.last; hour += kDay) {
    append(svg, "<line%s x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>\n",
           hour == 0 ? " class=\"now\"" : "", hours.x(hour), scale.top, hours.x(hour),
           scale.top + kPanel);
  }
  append(svg, "<text transform=\"translate(16 %d) rotate(-90)\" text-anchor=\"middle\">",
         scale.top + kPanel / 2);
  svg += escaped(name) + ", MW</text>\n";
}

void add_panel(std::string& svg, std::size_t variable, const Hours& hours, const Table& past,
               const Table& forecast, const Table& future) {
  const std::size_t begin = past.rows() - static_cast<std::size_t>(-hours.first);
  double least = static_cast<double>(forecast.at(0, variable));
  double most = least;
  const auto widen = [&](const Table& table, std::size_t from) {
    for (std::size_t row = from; row < table.rows(); ++row) {
      const auto value = static_cast<double>(table.at(row, variable));
      least = std::min(least, value);
      most = std::max(most, value);
    }
  };
  widen(past, begin);
  widen(forecast, 0);
  widen(future, 0);
  const int top = kTop + static_cast<int>(variable) * (kPanel + kGap);
  const Scale scale = scale_of(least, most, top);
  add_axes(svg, past.names[variable], hours, scale);
  add_curve(svg, "past", past, begin, variable, hours.first, hours, scale);
  add_curve(svg, "forecast", forecast, 0, variable, 0, hours, scale);
  if (future.rows() > 0) add_curve(svg, "future", future, 0, variable, 0, hours, scale);
}

void add_legend(std::string& svg, bool with_future) {
  int x = kLeft;
  const auto entry = [&](const char* name, const char* text, int width) {
    append(svg, "<polyline class=\"%s\" points=\"%d,22 %d,22\"/>\n", name, x, x + 28);
    append(svg, "<text x=\"%d\" y=\"26\">%s</text>\n", x + 35, text);
    x += width;
  };
  entry("past", "what the model sees (its last days)", 268);
  entry("forecast", "forecast", 118);
  if (with_future) entry("future", "what came", 120);
}

void add_hours(std::string& svg, const Hours& hours, int bottom) {
  for (int hour = hours.first; hour <= hours.last; hour += kDay) {
    append(svg, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%d</text>\n", hours.x(hour),
           bottom + 17, hour);
  }
  append(svg, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">", (kLeft + kWidth - kRight) / 2,
         bottom + 38);
  svg += "hours since the forecast begins</text>\n";
}

}  // namespace

void write_plot(const std::string& path, const Table& past, const Table& forecast,
                const Table& future) {
  const auto panels = static_cast<int>(past.names.size());
  const int shown = std::min<int>(static_cast<int>(past.rows()), kDaysShown * kDay);
  const Hours hours{.first = -shown, .last = static_cast<int>(forecast.rows())};
  const int bottom = kTop + panels * (kPanel + kGap) - kGap;
  const int height = bottom + kBottom;

  std::string svg;
  append(svg, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\"", kWidth,
         height);
  append(svg, " viewBox=\"0 0 %d %d\">\n", kWidth, height);
  svg += "<title>Past, forecast and what came</title>\n";
  svg += kStyle;
  append(svg, "<rect class=\"ground\" width=\"%d\" height=\"%d\"/>\n", kWidth, height);
  add_legend(svg, future.rows() > 0);
  for (std::size_t v = 0; v < past.names.size(); ++v) {
    add_panel(svg, v, hours, past, forecast, future);
  }
  add_hours(svg, hours, bottom);
  svg += "</svg>\n";

  std::ofstream file(path);
  file << svg;
  if (!file.flush()) throw std::runtime_error(path + ": cannot be written");
}
