#pragma once
// Drawing: values in, SVG text out. Colours and fonts come from the page's style by class.

#include <string>
#include <string_view>
#include <vector>

namespace vitgen {

/// From figures to pixels, linear or logarithmic (then both limits are positive).
struct Scale {
  double low = 0, high = 1;  ///< figures
  double from = 0, to = 1;   ///< pixels of low and high
  bool log = false;

  double operator()(double value) const;
};

/// Round numbers of [low, high], at most about `most`: multiples of 1, 2 or 5 times a power of ten.
std::vector<double> linear_ticks(double low, double high, int most);

/// 1, 2 and 5 times powers of ten in [low, high], or only powers of ten where that makes over 12.
std::vector<double> log_ticks(double low, double high);

/// "0.5", "20": a tick without needless digits.
std::string tick_text(double value);

enum class Anchor { start, middle, end };

/// `style` is a class; `text` is plain and becomes escaped; `turn` in degrees about (x, y).
std::string svg_text(double x, double y, std::string_view text, std::string_view style,
                     Anchor anchor = Anchor::start, double turn = 0);
std::string svg_line(double x1, double y1, double x2, double y2, std::string_view style);
/// `title` is shown on hover; none if empty.
std::string svg_rect(double x, double y, double width, double height, std::string_view style,
                     std::string_view title = {});
std::string svg_path(std::string_view d, std::string_view style);

inline constexpr int kMarkers = 6;
/// One of kMarkers outlines of about the same area, radius r: circle, square, diamond, triangle,
/// its mirror, hexagon.
std::string svg_marker(int marker, double x, double y, double r, std::string_view style,
                       std::string_view title = {});

/// The element. `label` is read aloud instead of the drawing.
std::string svg_document(double width, double height, std::string_view style,
                         std::string_view label, std::string_view body);

/// About how wide a text of the page's drawings is, in pixels.
double text_width(std::string_view text);

}  // namespace vitgen
