#include "generators/base/names.h"

#include <fmt/format.h>

#include <algorithm>

#include "generators/base/error.h"
#include "generators/base/reserved_names.h"
#include "generators/base/utf8.h"

namespace vitgen {
namespace {

constexpr std::size_t max_name_size = 48;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_char(char c) { return is_lower(c) || is_digit(c) || c == '_'; }

bool has_word(std::string_view words, std::string_view word) {
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t space = std::min(words.find(' ', at), words.size());
    if (words.substr(at, space - at) == word) return true;
    at = space + 1;
  }
  return false;
}

std::string reserved_reason(std::string_view name) {
  for (const ReservedWords& group : reserved_names) {
    if (has_word(group.words, name)) return fmt::format("is {}", group.reason);
  }
  for (const std::string_view prefix : {"halide", "vitgen", "vg_"}) {
    if (name.starts_with(prefix)) return fmt::format("begins with \"{}\"", prefix);
  }
  // NAME_k_* are kernels and NAME_rt_* the runtime of NAME: another model must not be called so.
  for (const std::string_view suffix : {"_k", "_rt"}) {
    if (name.ends_with(suffix)) return fmt::format("ends with \"{}\"", suffix);
  }
  return {};
}

}  // namespace

std::string output_name_problem(std::string_view name) {
  if (name.empty()) return "is empty";
  if (!is_lower(name.front())) return "does not begin with a lower-case letter";
  if (!std::all_of(name.begin(), name.end(), is_name_char)) {
    return "has characters other than a-z, 0-9 and _";
  }
  if (name.size() > max_name_size) {
    return fmt::format("has {} characters, the limit is {}", name.size(), max_name_size);
  }
  if (name.find("__") != name.npos) return "contains \"__\"";
  if (name.back() == '_') return "ends with \"_\"";
  return reserved_reason(name);
}

std::string suggest_output_name(std::string_view text) {
  std::string name;
  for (char c : text.substr(0, 4 * max_name_size)) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (!is_lower(c) && !is_digit(c)) c = '_';
    if (c == '_' && (name.empty() || name.back() == '_')) continue;
    name += c;
  }
  constexpr std::string_view prefix = "my_", suffix = "_model";
  if (name.empty()) return "model";
  if (is_digit(name.front())) name.insert(0, "vit_");
  name.resize(std::min(name.size(), max_name_size - prefix.size() - suffix.size()));
  while (name.back() == '_') name.pop_back();
  if (!reserved_reason(name).empty()) name += suffix;
  if (!reserved_reason(name).empty()) name.insert(0, prefix);
  return name;
}

void check_output_name(std::string_view name) {
  const std::string problem = output_name_problem(name);
  if (problem.empty()) return;
  throw Error(ExitCode::usage, "NAME_INVALID",
              fmt::format("name \"{}\" {}", printable(name, 60), problem),
              fmt::format("for example: {}", suggest_output_name(name)));
}

void check_output_names(const std::vector<std::string>& names) {
  for (const std::string& name : names) check_output_name(name);
  std::vector<std::string> sorted = names;
  std::sort(sorted.begin(), sorted.end());
  const auto twin = std::adjacent_find(sorted.begin(), sorted.end());
  if (twin == sorted.end()) return;
  throw Error(ExitCode::usage, "NAME_INVALID", fmt::format("name \"{}\" is used twice", *twin),
              fmt::format("for example: {}", suggest_output_name(*twin + "_2")));
}

std::string c_string_literal(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\' || c == '?') {
      out += '\\';
      out += c;
    } else if (byte >= 0x20 && byte < 0x7F) {
      out += c;
    } else {
      out += fmt::format("\\{:03o}", byte);
    }
  }
  return out + '"';
}

std::string json_string_literal(std::string_view text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size();) {
    const Utf8Step step = utf8_step(text, i);
    i += step.size;
    const std::uint32_t c = step.valid ? step.code_point : 0xFFFD;
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c >= 0x20 && c < 0x7F) {
      out += static_cast<char>(c);
    } else if (c < 0x10000) {
      out += fmt::format("\\u{:04x}", c);
    } else {
      // A surrogate pair: 10 bits each of the code point above the basic plane.
      out += fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + ((c - 0x10000) >> 10),
                         0xDC00 + ((c - 0x10000) & 0x3FF));
    }
  }
  return out + '"';
}

}  // namespace vitgen
