#include "generators/models/support/own_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "generators/base/error.h"
#include "generators/base/suggest.h"
#include "generators/models/support/config_read.h"
#include "generators/models/support/timm_arguments.h"

namespace vitgen {

namespace {

constexpr std::array<std::string_view, 4> other_keys = {"network", "naming", "labels",
                                                        "preprocess"};

constexpr std::array<std::string_view, 11> required = {
    "image_h", "image_w", "patch_h", "patch_w",    "width",  "depth",
    "heads",   "mlp",     "eps",     "activation", "classes"};

bool is_number(const std::string& text) {
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc{} && result.ptr == text.data() + text.size();
}

/// Of a field, as `visit` writes it; `usual` is its text in a default spec, which shows its type.
std::string field_text(const JsonFile& config, const std::string& key, const Json& value,
                       const std::string& usual) {
  const auto refuse = [&](std::string_view code, std::string_view wanted) {
    throw Error(ExitCode::bad_input, code,
                fmt::format("{}: {}: expected {}", config.name, key, wanted));
  };
  if (!is_number(usual)) {
    if (!value.is_string()) refuse("CFG_FIELD", "a word");
    return value.get<std::string>();
  }
  if (value.is_boolean()) return value.get<bool>() ? "1" : "0";
  if (!value.is_number()) refuse("CFG_FIELD", "a number, true or false");
  // So that sums and products of extents are exact.
  if (std::abs(value.get<double>()) > static_cast<double>(any_extent)) {
    refuse("CFG_RANGE", fmt::format("at most {}", any_extent));
  }
  return value.dump();
}

/// mean0 .. mean3, std0 .. std3, pixel_peak: `preprocess` sets them.
bool is_of_pixels(std::string_view key) {
  return key == "pixel_peak" || (key.size() == 5 && key.starts_with("mean")) ||
         (key.size() == 4 && key.starts_with("std"));
}

/// `fields` with those of the config laid over them.
void overlay(const JsonFile& config, Fields& fields) {
  std::vector<std::string> known;
  for (const auto& [key, value] : fields.values) known.push_back(key);
  for (const auto& item : config.root.items()) {
    if (std::ranges::find(other_keys, item.key()) != other_keys.end()) continue;
    const auto found = std::ranges::find(known, item.key());
    if (found == known.end() || is_of_pixels(item.key())) {
      throw Error(ExitCode::bad_input, "CFG_FIELD",
                  fmt::format("{}: {}: no such field", config.name, printable(item.key())),
                  suggestion_hint(item.key(), std::span<const std::string>(known)));
    }
    std::string& text = fields.values[static_cast<std::size_t>(found - known.begin())].second;
    text = field_text(config, item.key(), item.value(), text);
  }
}

VitSpec spec_of(const JsonFile& config, const Fields& fields) {
  try {
    return from_fields<VitSpec>(fields);
  } catch (const Error& error) {  // said of a command line's fields
    throw Error(ExitCode::bad_input, "CFG_FIELD", fmt::format("{}: {}", config.name, error.what()),
                error.hint());
  }
}

/// What follows from other fields unless it is given.
void derive(const JsonFile& config, VitSpec& spec) {
  const auto given = [&](const char* key) { return config.root.contains(key); };
  if (!given("grid_h") && spec.patch_h > 0) spec.grid_h = spec.image_h / spec.patch_h;
  if (!given("grid_w") && spec.patch_w > 0) spec.grid_w = spec.image_w / spec.patch_w;
  if (!given("head_size") && spec.heads > 0) spec.head_size = spec.width / spec.heads;
  if (!given("position_prefix")) {
    spec.position_prefix = spec.positions == Positions::none ? 0 : spec.prefix();
  }
}

}  // namespace

bool is_own_config(const JsonFile& config) {
  return has_value(config, "network") && get_string(config, "network", 128) == VitSpec::kind;
}

FileNaming own_naming(const JsonFile& config) {
  const std::string name = get_string_or(config, "naming", "timm", 128);
  std::vector<std::string_view> known;
  for (const NamingScheme& scheme : all_schemes()) known.push_back(scheme.name);
  if (std::ranges::find(known, name) == known.end()) {
    json_error(config, "naming", "CFG_FIELD",
               fmt::format("no scheme of names is called '{}'", printable(name)),
               suggestion_hint(name, std::span<const std::string_view>(known)));
  }
  return {name, "", "", with_prefixes(scheme_named(name).names, "", "")};
}

VitModel read_own_config(const JsonFile& config, const FileNaming& naming) {
  for (const std::string_view key : required) {
    if (!has_value(config, key)) json_error(config, key, "CFG_FIELD", "missing");
  }
  if (has_value(config, "naming") && own_naming(config).scheme != naming.scheme) {
    json_error(config, "naming", "CFG_TENSORS",
               fmt::format("the file's tensors are called as in {}", naming.scheme));
  }
  VitModel model;
  model.origin = config.name;
  model.labels = read_labels(config, "labels");
  model.spec.names = naming.names;
  Fields fields = to_fields(model.spec);
  overlay(config, fields);
  model.spec = spec_of(config, fields);
  derive(config, model.spec);
  const auto named = static_cast<std::int64_t>(model.labels.size());
  if (named != 0 && named != model.spec.classes) {
    json_error(config, "labels", "CFG_INCONSISTENT",
               fmt::format("{} labels for {} classes", named, model.spec.classes));
  }
  const JsonFile preprocess{config.name + ": preprocess", object_at(config, "preprocess"),
                            config.codes};
  model.preprocess =
      timm_preprocess(preprocess, model.spec.channels, model.spec.image_h, model.spec.image_w);
  set_normalisation(model.spec, *model.preprocess);
  return model;
}

}  // namespace vitgen
