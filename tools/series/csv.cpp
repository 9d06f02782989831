#include "tools/series/csv.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

#include "generators/base/error.h"
#include "generators/base/file.h"
#include "generators/base/names.h"
#include "generators/base/output_set.h"

namespace vitgen {

namespace {

[[noreturn]] void malformed(const std::string& path, std::size_t line, const std::string& what) {
  throw Error(ExitCode::bad_input, "CSV_FORMAT",
              fmt::format("{}: line {}: {}", printable(path), line, what),
              "a line a step, a column a variable, numbers with a decimal point, commas between");
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  for (std::size_t begin = 0; begin <= line.size();) {
    const std::size_t comma = std::min(line.find(',', begin), line.size());
    fields.push_back(trimmed(line.substr(begin, comma - begin)));
    begin = comma + 1;
  }
  return fields;
}

/// Whether it is written as a number, be it one of no use: nan, inf, 1e99.
bool is_numeric(std::string_view field) {
  double value = 0;
  const char* end = field.data() + field.size();
  const auto result = std::from_chars(field.data(), end, value);
  return result.ec != std::errc::invalid_argument && result.ptr == end;
}

std::optional<float> number(std::string_view field) {
  float value = 0;
  const char* end = field.data() + field.size();
  auto result = std::from_chars(field.data(), end, value);
  if (result.ec == std::errc::result_out_of_range) {  // too large, or so small that it rounds to 0
    double wide = 0;
    result = std::from_chars(field.data(), end, wide);
    if (std::abs(wide) > 1) return std::nullopt;
    value = static_cast<float>(wide);
  }
  if (result.ec != std::errc{} || result.ptr != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

/// Whether the first line names the variables, which may be called 0, 1, ...: then it is a word
/// that stands above the dates, as no date is without a digit.
bool are_names(std::span<const std::string_view> parts) {
  if (!is_numeric(parts.back())) return true;  // the last column is never a date
  return !is_numeric(parts[0]) && parts[0].find_first_of("0123456789") == std::string_view::npos;
}

/// What the lines read so far have settled.
struct Reader {
  const std::string& path;
  SeriesTable table;
  std::vector<std::string_view> first;  ///< the first line's fields, while it may be names
  std::size_t fields = 0;               ///< of every line
  bool dated = false;                   ///< the first column is no number

  void add_numbers(std::span<const std::string_view> parts, std::size_t line) {
    for (const std::string_view part : parts.subspan(dated ? 1 : 0)) {
      const auto value = number(part);
      if (!value) malformed(path, line, fmt::format("'{}' is no finite number", printable(part)));
      table.values.push_back(*value);
    }
  }

  void begin(std::span<const std::string_view> parts, std::size_t line) {
    dated = parts.size() > 1 && !is_numeric(parts[0]);
    table.columns = parts.size() - (dated ? 1 : 0);
    add_numbers(parts, line);
    for (std::size_t i = dated ? 1 : 0; i < first.size(); ++i) table.names.emplace_back(first[i]);
  }

  void add_line(std::string_view text, std::size_t line) {
    const std::vector<std::string_view> parts = fields_of(text);
    if (fields == 0) {
      fields = parts.size();
      if (are_names(parts)) {
        first = parts;
        return;
      }
    }
    if (parts.size() != fields) {
      malformed(path, line, fmt::format("{} fields, the first line has {}", parts.size(), fields));
    }
    if (table.columns == 0) return begin(parts, line);
    add_numbers(parts, line);
  }
};

}  // namespace

SeriesTable read_csv(const std::string& path, std::uint64_t limit_bytes) {
  const std::string text = RegularFile::open(path).read_whole(limit_bytes);
  Reader reader{path, {}, {}, 0, false};
  std::string_view rest = text;
  if (constexpr std::string_view mark = "\xEF\xBB\xBF"; rest.starts_with(mark)) {
    rest.remove_prefix(mark.size());  // of UTF-8, from spreadsheets
  }
  for (std::size_t line = 1; !rest.empty(); ++line) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view content = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!content.empty()) reader.add_line(content, line);
  }
  if (reader.table.columns == 0) malformed(path, 1, "no steps");
  return std::move(reader.table);
}

void write_csv(const std::string& path, const SeriesTable& table) {
  std::string text;
  if (!table.names.empty()) text += fmt::format("{}\n", fmt::join(table.names, ","));
  for (std::size_t r = 0; r < table.rows(); ++r) {
    const auto row = std::span(table.values).subspan(r * table.columns, table.columns);
    text += fmt::format("{}\n", fmt::join(row, ","));
  }
  write_aside(path, text);
}

}  // namespace vitgen
