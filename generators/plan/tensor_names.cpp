#include "generators/plan/tensor_names.h"

namespace vitgen {

namespace {

void replace(std::string& text, std::string_view what, std::string_view by) {
  const std::size_t at = text.find(what);
  if (at != std::string::npos) text.replace(at, what.size(), by);
}

}  // namespace

std::string with_part(std::string_view pattern, std::string_view part) {
  std::string name(pattern);
  replace(name, "*", part);
  const std::size_t open = name.find('<');
  if (open == std::string::npos) return name;
  const std::size_t bar = name.find('|', open);
  const std::size_t close = name.find('>', bar);
  const std::string chosen = part == "bias" ? name.substr(bar + 1, close - bar - 1)
                                            : name.substr(open + 1, bar - open - 1);
  return name.replace(open, close + 1 - open, chosen);
}

std::string tensor_name(std::string_view pattern, std::string_view part, int block, int head) {
  std::string name = with_part(pattern, part);
  replace(name, "{}", std::to_string(block));
  replace(name, "{h}", std::to_string(head));
  return name;
}

std::string table_pattern(std::string_view pattern, char of) {
  std::string name(pattern);
  replace(name, "{r}", std::string(1, of));
  return name;
}

}  // namespace vitgen
