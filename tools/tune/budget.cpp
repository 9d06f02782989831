#include "tools/tune/budget.h"

#include <charconv>

#include "generators/base/error.h"

namespace vitgen {

namespace {

constexpr double kMostSeconds = 100 * 3600.0;

double unit_seconds(char unit) {
  switch (unit) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 3600;
    default:
      return 0;
  }
}

}  // namespace

double parse_budget(std::string_view text, std::string_view option) {
  const auto wrong = [&](std::string_view why) {
    return Error(ExitCode::usage, "USAGE",
                 std::string(option) + ": " + std::string(why) + ", got '" + printable(text) + "'",
                 "for example 10m, 90s, 1h or 1h30m");
  };
  double seconds = 0;
  double last_unit = 0;
  for (std::string_view rest = text; !rest.empty();) {
    unsigned number = 0;
    const char* begin = rest.data();
    const auto parsed = std::from_chars(begin, begin + rest.size(), number);
    const auto digits = static_cast<std::size_t>(parsed.ptr - begin);
    if (parsed.ec != std::errc() || digits == rest.size()) throw wrong("expected a time");
    const double unit = unit_seconds(rest[digits]);
    const bool smaller = last_unit == 0 || unit < last_unit;
    if (unit == 0 || !smaller) throw wrong("expected a time");
    seconds += number * unit;
    last_unit = unit;
    rest.remove_prefix(digits + 1);
  }
  if (seconds <= 0) throw wrong("expected a time above zero");
  if (seconds > kMostSeconds) throw wrong("expected at most 100 hours");
  return seconds;
}

}  // namespace vitgen
