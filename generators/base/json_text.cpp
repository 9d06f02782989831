// The checks on JSON text that need no parser.

#include <fmt/format.h>

#include <algorithm>

#include "generators/base/error.h"
#include "generators/base/json.h"
#include "generators/base/utf8.h"

namespace vitgen {
namespace {

/// Offset of the first bracket that nests deeper than `max_depth`, or npos. Unbalanced text is left
/// to the parser.
std::size_t find_too_deep(std::string_view text, int max_depth) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > max_depth) return i;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return std::string_view::npos;
}

std::string nul_message(std::string_view text, std::size_t position) {
  const bool padding = text.find_first_not_of('\0', position) == std::string_view::npos;
  if (!padding) return fmt::format("NUL byte at offset {}", position);
  return fmt::format("NUL padding after the JSON text ({} bytes from offset {})",
                     text.size() - position, position);
}

}  // namespace

std::optional<JsonProblem> check_json_text(std::string_view text, int max_depth) {
  if (text.starts_with("\xEF\xBB\xBF")) {
    return JsonProblem{JsonFault::utf8, "starts with a byte order mark"};
  }
  if (const auto at = text.find('\0'); at != text.npos) {
    return JsonProblem{JsonFault::syntax, nul_message(text, at)};
  }
  if (const auto at = find_invalid_utf8(text); at != text.npos) {
    return JsonProblem{JsonFault::utf8, fmt::format("invalid UTF-8 at offset {}", at)};
  }
  if (const auto at = find_too_deep(text, max_depth); at != text.npos) {
    return JsonProblem{JsonFault::depth,
                       fmt::format("nested deeper than {} levels at offset {}", max_depth, at)};
  }
  return std::nullopt;
}

std::string json_syntax_message(std::string_view text, std::size_t position,
                                std::string_view library_message) {
  // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while ...":
  // the part after "column N: " is the reason; the place is counted here, in the whole text.
  if (const auto column = library_message.find("column "); column != library_message.npos) {
    const auto colon = library_message.find(": ", column);
    if (colon != library_message.npos) library_message.remove_prefix(colon + 2);
  } else if (const auto bracket = library_message.find("] "); bracket != library_message.npos) {
    library_message.remove_prefix(bracket + 2);
  }
  const std::string_view before = text.substr(0, position > 0 ? position - 1 : 0);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto line_start = before.rfind('\n');
  const auto column = before.size() - (line_start == before.npos ? 0 : line_start + 1) + 1;
  return fmt::format("line {}, column {}: {}", line, column, printable(library_message, 200));
}

}  // namespace vitgen
