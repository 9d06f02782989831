#include "generators/models/support/timm_architectures.h"

#include "generators/models/support/timm_config.h"

namespace vitgen {

namespace {

const JsonFile& table() {
  static const JsonFile file =
      parse_json(timm_architectures_text(), "timm_architectures.json", {.bytes = 1 << 22});
  return file;
}

}  // namespace

std::optional<Json> find_timm_architecture(std::string_view name) {
  const Json& architectures = table().root.at("architectures");
  const auto own = architectures.find(std::string(name));
  if (own == architectures.end()) return std::nullopt;
  Json fields = table().root.at("defaults");
  fields.update(*own);
  return fields;
}

const std::vector<std::string>& timm_architectures() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const auto& item : table().root.at("architectures").items()) list.push_back(item.key());
    return list;
  }();
  return names;
}

}  // namespace vitgen
