#include "generators/models/vit.h"

#include <fmt/format.h>

#include "generators/base/error.h"
#include "generators/base/suggest.h"
#include "generators/models/support/binding.h"
#include "generators/models/support/hf_config.h"
#include "generators/models/support/infer.h"
#include "generators/models/support/timm_config.h"

namespace vitgen {

namespace {

/// ModelSpec's fields with the caller's laid over them. The size of a head follows the width
/// and the number of heads unless it is given, too.
ModelSpec overridden(const ModelSpec& spec, const Fields& overrides) {
  Fields fields = to_fields(spec);
  std::vector<std::string> known;
  for (const auto& [key, value] : fields.values) known.push_back(key);
  for (const auto& [key, value] : overrides.values) {
    bool found = false;
    for (auto& [name, text] : fields.values) {
      if (name != key) continue;
      text = value;
      found = true;
    }
    if (!found) {
      throw Error(ExitCode::usage, "SET_UNKNOWN",
                  fmt::format("--set {}: no such field", printable(key)),
                  suggestion_hint(key, std::span<const std::string>(known)));
    }
  }
  ModelSpec out = from_fields<ModelSpec>(fields);
  const bool resized = overrides.find("heads") || overrides.find("width");
  if (resized && !overrides.find("head_size") && out.heads > 0) {
    out.head_size = out.width / out.heads;
  }
  return out;
}

FileNaming naming_of(const ModelFiles& files) {
  if (files.weights) {
    auto naming = find_naming(*files.weights);
    if (naming) return *naming;
    throw Error(
        ExitCode::bad_input, "MODEL_NAMES",
        fmt::format("{}: no tensor is called like a patch embedding", files.weights->description()),
        "known are timm's patch_embed.proj.weight and transformers' "
        "embeddings.patch_embeddings.projection.weight, with or without a prefix");
  }
  if (files.config && is_hf_config(*files.config)) return hf_naming(*files.config);
  return {"timm", "", "", scheme_named("timm").names};
}

Model read_model(const ModelFiles& files, const FileNaming& naming, const LoadOptions& options) {
  if (files.config && is_hf_config(*files.config)) {
    return read_hf_config(*files.config, files.preprocessor, naming, files.weights);
  }
  if (files.config) return read_timm_config(*files.config);
  if (!files.architecture.empty()) return timm_model(files.architecture);
  if (naming.scheme.starts_with("hf")) {
    throw Error(ExitCode::bad_input, "CFG_FIELD",
                "a model of transformers needs its config.json: tensors do not show the number of "
                "heads, eps or the activation",
                "give it with --config");
  }
  return infer_model(*files.weights, naming, options.overrides);
}

}  // namespace

std::string Vit::supported() {
  return fmt::format("transformers model_type {}; {} architectures of timm's VisionTransformer",
                     hf_model_types(), timm_architectures().size());
}

bool Vit::recognises(const ModelFiles& files) {
  if (files.config) return is_hf_config(*files.config) || is_timm_config(*files.config);
  return !files.architecture.empty() || (files.weights && find_naming(*files.weights));
}

Model Vit::load(const ModelFiles& files, const LoadOptions& options) {
  const FileNaming naming = naming_of(files);
  Model model = read_model(files, naming, options);
  model.naming = naming.scheme;
  if (model.spec.names == TensorNames{}) model.spec.names = naming.names;
  model.spec = overridden(model.spec, options.overrides);
  check(model.spec);
  if (files.weights) bind_tensors(model, naming.names, *files.weights, options.strict);
  return model;
}

}  // namespace vitgen
