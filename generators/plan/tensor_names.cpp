#include "generators/plan/tensor_names.h"

namespace vitgen {

namespace {

void replace(std::string& text, std::string_view what, std::string_view by) {
  const std::size_t at = text.find(what);
  if (at != std::string::npos) text.replace(at, what.size(), by);
}

}  // namespace

std::string tensor_name(std::string_view pattern, std::string_view part, int block) {
  std::string name(pattern);
  replace(name, "{}", std::to_string(block));
  replace(name, "*", part);
  return name;
}

}  // namespace vitgen
