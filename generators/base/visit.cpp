#include "generators/base/visit.h"

#include <array>
#include <cmath>

namespace vitgen {

namespace {
Error syntax_error(const std::string& message) {
  return Error(ExitCode::usage, "FIELDS_SYNTAX", message, "fields are written key=value,key=value");
}
}  // namespace

std::string Fields::text() const {
  std::string out;
  for (const auto& [key, value] : values) {
    if (!out.empty()) out += ',';
    out += key + '=' + value;
  }
  return out;
}

Fields Fields::parse(std::string_view text) {
  Fields fields;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view item = text.substr(0, comma);
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      throw syntax_error("'" + printable(item) + "' is not key=value");
    }
    const std::string key(item.substr(0, equals));
    if (fields.find(key)) throw syntax_error("'" + printable(key) + "' is given twice");
    fields.values.emplace_back(key, std::string(item.substr(equals + 1)));
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  return fields;
}

const std::string* Fields::find(std::string_view key) const {
  for (const auto& [name, value] : values) {
    if (name == key) return &value;
  }
  return nullptr;
}

void FieldReader::finish() const {
  if (used_ != fields_.values.size()) {
    throw syntax_error("unknown field among '" + printable(fields_.text()) + "'");
  }
}

std::string float_text(float value) {
  std::array<char, 32> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return std::string(buffer.data(), result.ptr);
}

float parse_float(std::string_view text, std::string_view key) {
  float value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    bad_field(key, text, "a finite number");
  }
  return value;
}

std::int64_t parse_int(std::string_view text, std::string_view key) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) bad_field(key, text, "an integer");
  return value;
}

void bad_field(std::string_view key, std::string_view value, std::string_view wanted) {
  throw Error(
      ExitCode::usage, "FIELDS_VALUE",
      std::string(key) + ": expected " + std::string(wanted) + ", got '" + printable(value) + "'");
}

}  // namespace vitgen
