#include "tools/emit/text_template.h"

#include <algorithm>

#include "generators/base/error.h"

namespace vitgen {
namespace {

bool is_key(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

std::string fill_template(std::string_view text, const TemplateValues& values) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = text.find('@');
    out += text.substr(0, open);
    if (open == text.npos) break;
    const std::size_t close = text.find('@', open + 1);
    const std::string_view key = text.substr(open + 1, close - open - 1);
    if (close == text.npos || !is_key(key)) {
      out += '@';
      text.remove_prefix(open + 1);
      continue;
    }
    const auto value = values.find(key);
    if (value == values.end()) {
      throw Error(ExitCode::internal, "TEMPLATE_KEY", "no value for @" + std::string(key) + "@");
    }
    out += value->second;
    text.remove_prefix(close + 1);
  }
  return out;
}

std::string plain_line(std::string_view text) {
  constexpr std::string_view kUnsafe = "\\/?$`#<>{}@\"";
  std::string out;
  for (const char c : text) {
    const bool safe = c >= ' ' && c <= '~' && kUnsafe.find(c) == kUnsafe.npos;
    out += safe ? c : '_';
  }
  return out;
}

std::string macro_name(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool lower = c >= 'a' && c <= 'z';
    const bool kept = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    out += lower ? static_cast<char>(c - 'a' + 'A') : kept ? c : '_';
  }
  return out;
}

}  // namespace vitgen
