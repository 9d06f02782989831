#include "tools/report/svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tools/report/html.h"

namespace vitgen {

namespace {

// Tenths of a pixel suffice.
std::string px(double value) {
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

// What browsers show of a title: its lines, each escaped by itself.
std::string title_text(std::string_view title) {
  std::string text;
  for (std::size_t at = 0; at <= title.size();) {
    const std::size_t end = std::min(title.find('\n', at), title.size());
    text += (at == 0 ? "" : "\n") + escaped(title.substr(at, end - at), 1000);
    at = end + 1;
  }
  return text;
}

std::string with_title(std::string_view element, std::string_view attributes,
                       std::string_view title) {
  if (title.empty()) return fmt::format("<{} {}/>", element, attributes);
  return fmt::format("<{0} {1}><title>{2}</title></{0}>", element, attributes, title_text(title));
}

std::string polygon(int corners, double first_degrees, double x, double y, double r) {
  std::string points;
  for (int i = 0; i < corners; ++i) {
    const double angle = (first_degrees + 360.0 * i / corners) * std::numbers::pi / 180;
    points += fmt::format("{}{},{}", i == 0 ? "" : " ", px(x + r * std::cos(angle)),
                          px(y + r * std::sin(angle)));
  }
  return points;
}

}  // namespace

double Scale::operator()(double value) const {
  const auto place = [this](double v) { return log ? std::log10(v) : v; };
  const double width = place(high) - place(low);
  return width == 0 ? from : from + (to - from) * (place(value) - place(low)) / width;
}

std::vector<double> linear_ticks(double low, double high, int most) {
  if (!(high > low) || most < 1) return {low};
  const double rough = (high - low) / most;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {5.0, 2.0, 1.0}) {
    if (factor * power >= rough) step = factor * power;
  }
  std::vector<double> ticks;
  for (double i = std::ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; ++i) {
    ticks.push_back(i * step + 0.0);  // never -0
  }
  return ticks;
}

std::vector<double> log_ticks(double low, double high) {
  std::vector<double> all, powers;
  if (!(low > 0 && low < high && std::isfinite(high))) return all;
  const int first = static_cast<int>(std::floor(std::log10(low)));
  const int last = static_cast<int>(std::ceil(std::log10(high)));
  for (int decade = first; decade <= last; ++decade) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double tick = factor * std::pow(10, decade);
      if (tick < low * (1 - 1e-9) || tick > high * (1 + 1e-9)) continue;
      all.push_back(tick);
      if (factor == 1) powers.push_back(tick);
    }
  }
  constexpr std::size_t kMost = 12;
  return all.size() > kMost ? powers : all;
}

std::string tick_text(double value) { return fmt::format("{:.6g}", value); }

std::string svg_text(double x, double y, std::string_view text, std::string_view style,
                     Anchor anchor, double turn) {
  const char* const anchors[] = {"", " text-anchor=\"middle\"", " text-anchor=\"end\""};
  std::string turned;
  if (turn != 0) turned = fmt::format(" transform=\"rotate({} {} {})\"", px(turn), px(x), px(y));
  return fmt::format("<text class=\"{}\" x=\"{}\" y=\"{}\"{}{}>{}</text>", style, px(x), px(y),
                     anchors[static_cast<int>(anchor)], turned, escaped(text));
}

std::string svg_line(double x1, double y1, double x2, double y2, std::string_view style) {
  return fmt::format("<line class=\"{}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>", style, px(x1),
                     px(y1), px(x2), px(y2));
}

std::string svg_rect(double x, double y, double width, double height, std::string_view style,
                     std::string_view title) {
  return with_title("rect",
                    fmt::format("class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"", style,
                                px(x), px(y), px(std::max(width, 0.0)), px(std::max(height, 0.0))),
                    title);
}

std::string svg_path(std::string_view d, std::string_view style) {
  return fmt::format("<path class=\"{}\" d=\"{}\"/>", style, d);
}

std::string svg_marker(int marker, double x, double y, double r, std::string_view style,
                       std::string_view title) {
  // Radii that give each outline about the circle's area.
  switch (marker % kMarkers) {
    case 1:
      return svg_rect(x - 0.89 * r, y - 0.89 * r, 1.78 * r, 1.78 * r, style, title);
    case 2:
      return with_title(
          "polygon",
          fmt::format("class=\"{}\" points=\"{}\"", style, polygon(4, 0, x, y, 1.25 * r)), title);
    case 3:
      return with_title(
          "polygon",
          fmt::format("class=\"{}\" points=\"{}\"", style, polygon(3, -90, x, y, 1.45 * r)), title);
    case 4:
      return with_title(
          "polygon",
          fmt::format("class=\"{}\" points=\"{}\"", style, polygon(3, 90, x, y, 1.45 * r)), title);
    case 5:
      return with_title(
          "polygon", fmt::format("class=\"{}\" points=\"{}\"", style, polygon(6, 0, x, y, 1.1 * r)),
          title);
    default:
      return with_title(
          "circle",
          fmt::format("class=\"{}\" cx=\"{}\" cy=\"{}\" r=\"{}\"", style, px(x), px(y), px(r)),
          title);
  }
}

std::string svg_document(double width, double height, std::string_view style,
                         std::string_view label, std::string_view body) {
  return fmt::format(
      "<svg class=\"{}\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">{}</svg>\n", style,
      px(width), px(height), escaped(label), body);
}

double text_width(std::string_view text) {
  constexpr double kCharacter = 6.4;  // of 11 px in the system's sans-serif fonts, on average
  return kCharacter * static_cast<double>(text.size());
}

}  // namespace vitgen
