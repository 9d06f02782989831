#include "table.h"

#include <charconv>
#include <cmath>
#include <fstream>
#include <stdexcept>

namespace {

std::vector<std::string> fields_of(std::string line) {
  if (line.ends_with('\r')) line.pop_back();
  std::vector<std::string> fields(1);
  for (const char c : line) {
    if (c == ',') {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

float number(const std::string& field, const std::string& place) {
  float value = 0;
  const char* end = field.data() + field.size();
  const auto [stop, code] = std::from_chars(field.data(), end, value);
  if (code != std::errc{} || stop != end || !std::isfinite(value)) {
    throw std::runtime_error(place + ": '" + field + "' is no number");
  }
  return value;
}

}  // namespace

Table read_table(const std::string& path) {
  std::ifstream file(path);
  Table table;
  std::size_t line = 0;
  for (std::string text; std::getline(file, text);) {
    const std::string place = path + ": line " + std::to_string(++line);
    const std::vector<std::string> fields = fields_of(text);
    if (line == 1) {
      table.names.assign(fields.begin() + 1, fields.end());
      continue;
    }
    if (fields.size() != table.names.size() + 1) {
      throw std::runtime_error(place + ": as many fields as the first line has are expected");
    }
    for (std::size_t i = 1; i < fields.size(); ++i) {
      table.values.push_back(number(fields[i], place));
    }
  }
  if (table.values.empty()) throw std::runtime_error(path + ": cannot be read, or holds no hours");
  return table;
}

void write_table(const std::string& path, const Table& table) {
  std::ofstream file(path);
  for (std::size_t i = 0; i < table.names.size(); ++i) file << (i ? "," : "") << table.names[i];
  file << '\n';
  for (std::size_t row = 0; row < table.rows(); ++row) {
    for (std::size_t i = 0; i < table.names.size(); ++i) {
      char digits[32];
      const auto [end, code] = std::to_chars(digits, digits + sizeof digits, table.at(row, i));
      if (code != std::errc{}) throw std::runtime_error(path + ": a number cannot be written");
      file << (i ? "," : "");
      file.write(digits, end - digits);
    }
    file << '\n';
  }
  if (!file.flush()) throw std::runtime_error(path + ": cannot be written");
}
