#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "generators/base/error.h"
#include "generators/models/support/family.h"
#include "generators/models/support/timm_config.h"

namespace vitgen {

namespace {

std::string supported_models() {
  std::string list;
  for (const Family& family : all_families()) {
    list += (list.empty() ? "" : "; ") + family.supported();
  }
  return list;
}

[[noreturn]] void unrecognised(const ModelFiles& files) {
  const std::string hint = "supported: " + supported_models();
  if (files.config) {
    if (!has_value(*files.config, "model_type")) {
      json_error(*files.config, "model_type", "CFG_FIELD",
                 "neither model_type (transformers) nor architecture (timm) is there", hint);
    }
    json_error(
        *files.config, "model_type", "CFG_UNSUPPORTED",
        fmt::format("'{}' is not supported", printable(get_string(*files.config, "model_type"))),
        hint);
  }
  throw Error(ExitCode::bad_input, "MODEL_NAMES",
              fmt::format("{}: its tensors follow no scheme of names that is known",
                          files.weights->description()),
              "give the model's config with --config; " + hint);
}

const Family& family_of(const ModelFiles& files) {
  for (const Family& family : all_families()) {
    if (family.recognises(files)) return family;
  }
  unrecognised(files);
}

void read_config(const std::string& path, ModelFiles& files) {
  files.config = read_json(path);
  const auto beside = std::filesystem::path(path).parent_path() / "preprocessor_config.json";
  std::error_code ignored;
  if (std::filesystem::exists(beside, ignored)) files.preprocessor = read_json(beside.string());
}

Model load(const ModelFiles& files, const LoadOptions& options) {
  const Family& family = family_of(files);
  Model model = family.load(files, options);
  model.family = family.name;
  model.parameters = 0;
  for (const auto& [name, shape] : tensors_of(model)) {
    model.parameters += static_cast<std::int64_t>(element_count(shape));
  }
  return model;
}

}  // namespace

Model load_model(const WeightSource& weights, const std::optional<std::string>& config,
                 const LoadOptions& options) {
  ModelFiles files;
  files.weights = &weights;
  if (config) read_config(*config, files);
  return load(files, options);
}

Model load_architecture(const std::string& name, const LoadOptions& options) {
  ModelFiles files;
  std::error_code ignored;
  if (name.ends_with(".json") || std::filesystem::is_regular_file(name, ignored)) {
    read_config(name, files);
  } else {
    files.architecture = name;
  }
  return load(files, options);
}

std::vector<std::pair<std::string, Shape>> tensors_of(const Model& model) {
  const Plan plan = model.network.lower({});
  std::vector<const TensorExpr*> leaves;
  for (const Weight& weight : plan.weights) collect_leaves(weight.value, leaves);
  std::vector<std::pair<std::string, Shape>> tensors;
  std::set<std::string_view> seen;
  for (const TensorExpr* leaf : leaves) {
    if (seen.insert(leaf->tensor).second) tensors.emplace_back(leaf->tensor, leaf->shape);
  }
  return tensors;
}

}  // namespace vitgen
