// Typed readers of a parsed document.

#include <fmt/format.h>

#include "generators/base/error.h"
#include "generators/base/json.h"

namespace vitgen {
namespace {

std::string shown(const Json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return fmt::format("an array of {}", value.size());
  return printable(value.dump(-1, ' ', false, Json::error_handler_t::replace), 60);
}

[[noreturn]] void expected(const JsonFile& file, std::string_view path, const std::string& code,
                           const std::string& what, const Json& got) {
  json_error(file, path, code, fmt::format("expected {}, got {}", what, shown(got)));
}

const Json& required(const JsonFile& file, std::string_view path) {
  const Json* value = find_json(file, path);
  if (value == nullptr) json_error(file, path, file.codes.field, "missing");
  return *value;
}

std::int64_t as_int(const JsonFile& file, std::string_view path, const Json& value,
                    std::int64_t min, std::int64_t max) {
  const auto wanted = [&] { return fmt::format("an integer {}..{}", min, max); };
  if (!value.is_number_integer()) expected(file, path, file.codes.field, wanted(), value);
  const bool beyond =
      value.is_number_unsigned() &&
      value.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()};
  if (beyond) expected(file, path, file.codes.range, wanted(), value);
  const auto number = value.get<std::int64_t>();
  if (number < min || number > max) expected(file, path, file.codes.range, wanted(), value);
  return number;
}

double as_number(const JsonFile& file, std::string_view path, const Json& value, double min,
                 double max) {
  if (!value.is_number()) expected(file, path, file.codes.field, "a number", value);
  const auto number = value.get<double>();
  if (!(number >= min && number <= max)) {
    expected(file, path, file.codes.range, fmt::format("a number {}..{}", min, max), value);
  }
  return number;
}

std::string as_string(const JsonFile& file, std::string_view path, const Json& value,
                      std::size_t max_bytes) {
  if (!value.is_string()) expected(file, path, file.codes.field, "a string", value);
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() > max_bytes) {
    expected(file, path, file.codes.range, fmt::format("a string of at most {} bytes", max_bytes),
             value);
  }
  return text;
}

/// Applies `convert(path of the element, element)` to every element of the array at `path`.
template <class T, class Convert>
std::vector<T> as_array(const JsonFile& file, std::string_view path, std::size_t max_count,
                        Convert convert) {
  const Json& value = required(file, path);
  if (!value.is_array()) expected(file, path, file.codes.field, "an array", value);
  if (value.size() > max_count) {
    expected(file, path, file.codes.range, fmt::format("at most {} elements", max_count), value);
  }
  std::vector<T> out;
  out.reserve(value.size());
  for (const Json& element : value) {
    out.push_back(convert(fmt::format("{}[{}]", path, out.size()), element));
  }
  return out;
}

}  // namespace

void json_error(const JsonFile& file, std::string_view path, const std::string& code,
                const std::string& what, const std::string& hint) {
  throw Error(ExitCode::bad_input, code,
              fmt::format("{}: {}: {}", printable(file.name), printable(path), what), hint);
}

const Json* find_json(const JsonFile& file, std::string_view path) {
  const Json* value = &file.root;
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t dot = std::min(path.find('.', start), path.size());
    if (!value->is_object()) return nullptr;
    const auto member = value->find(std::string(path.substr(start, dot - start)));
    if (member == value->end()) return nullptr;
    value = &*member;
    start = dot + 1;
  }
  return value;
}

std::vector<JsonFile> json_elements(const JsonFile& file, std::string_view path) {
  const Json* list = find_json(file, path);
  if (!list || !list->is_array()) json_error(file, path, file.codes.field, "expected a list");
  std::vector<JsonFile> items;
  for (std::size_t i = 0; i < list->size(); ++i) {
    items.push_back({fmt::format("{}: {}[{}]", file.name, path, i), (*list)[i], file.codes});
  }
  return items;
}

bool has_value(const JsonFile& file, std::string_view path) {
  const Json* value = find_json(file, path);
  return value != nullptr && !value->is_null();
}

std::int64_t get_int(const JsonFile& file, std::string_view path, std::int64_t min,
                     std::int64_t max) {
  return as_int(file, path, required(file, path), min, max);
}

bool get_bool(const JsonFile& file, std::string_view path) {
  const Json& value = required(file, path);
  if (!value.is_boolean()) expected(file, path, file.codes.field, "true or false", value);
  return value.get<bool>();
}

double get_number(const JsonFile& file, std::string_view path, double min, double max) {
  return as_number(file, path, required(file, path), min, max);
}

std::string get_string(const JsonFile& file, std::string_view path, std::size_t max_bytes) {
  return as_string(file, path, required(file, path), max_bytes);
}

std::vector<std::int64_t> get_int_array(const JsonFile& file, std::string_view path,
                                        std::int64_t min, std::int64_t max, std::size_t max_count) {
  return as_array<std::int64_t>(file, path, max_count, [&](const std::string& at, const Json& v) {
    return as_int(file, at, v, min, max);
  });
}

std::vector<double> get_number_array(const JsonFile& file, std::string_view path, double min,
                                     double max, std::size_t max_count) {
  return as_array<double>(file, path, max_count, [&](const std::string& at, const Json& v) {
    return as_number(file, at, v, min, max);
  });
}

std::vector<std::string> get_string_array(const JsonFile& file, std::string_view path,
                                          std::size_t max_count, std::size_t max_bytes) {
  return as_array<std::string>(file, path, max_count, [&](const std::string& at, const Json& v) {
    return as_string(file, at, v, max_bytes);
  });
}

std::int64_t get_int_or(const JsonFile& file, std::string_view path, std::int64_t fallback,
                        std::int64_t min, std::int64_t max) {
  return has_value(file, path) ? get_int(file, path, min, max) : fallback;
}

bool get_bool_or(const JsonFile& file, std::string_view path, bool fallback) {
  return has_value(file, path) ? get_bool(file, path) : fallback;
}

double get_number_or(const JsonFile& file, std::string_view path, double fallback, double min,
                     double max) {
  return has_value(file, path) ? get_number(file, path, min, max) : fallback;
}

std::string get_string_or(const JsonFile& file, std::string_view path, std::string_view fallback,
                          std::size_t max_bytes) {
  return has_value(file, path) ? get_string(file, path, max_bytes) : std::string(fallback);
}

}  // namespace vitgen
