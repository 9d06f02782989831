#include "generators/models/support/timm_architectures.h"

#include "generators/models/support/timm_config.h"

namespace vitgen {

namespace {

const JsonFile& table() {
  static const JsonFile file =
      parse_json(timm_architectures_text(), "timm_architectures.json", {.bytes = 1 << 22});
  return file;
}

std::vector<std::string> keys_of(const Json& object) {
  std::vector<std::string> list;
  for (const auto& item : object.items()) list.push_back(item.key());
  return list;
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
  static const std::vector<std::string> names = keys_of(table().root.at("architectures"));
  return names;
}

std::optional<Json> find_tnt_architecture(std::string_view name) {
  const Json& architectures = table().root.at("tnt");
  const auto found = architectures.find(std::string(name));
  return found == architectures.end() ? std::nullopt : std::optional<Json>(*found);
}

std::vector<std::string> tnt_architectures() { return keys_of(table().root.at("tnt")); }

}  // namespace vitgen
