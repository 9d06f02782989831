#include "generators/models/vit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "generators/base/error.h"
#include "generators/models/support/binding.h"
#include "generators/models/support/contradiction.h"
#include "generators/models/support/hf_config.h"
#include "generators/models/support/infer.h"
#include "generators/models/support/overrides.h"
#include "generators/models/support/own_config.h"
#include "generators/models/support/scheme.h"
#include "generators/models/support/timm_arguments.h"
#include "generators/models/support/timm_config.h"
#include "generators/models/support/timm_eva.h"
#include "generators/plan/lower.h"

namespace vitgen {

namespace {

/// With the caller's fields. The size of a head follows the width and the number of heads unless it
/// is given, too.
VitSpec overridden_spec(const VitSpec& spec, const Fields& overrides) {
  auto out = from_fields<VitSpec>(overridden(to_fields(spec), overrides));
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
        "known are timm's patch_embed.proj.weight, transformers' "
        "embeddings.patch_embeddings.projection.weight and Google's embedding/kernel, with or "
        "without a prefix");
  }
  if (files.config && is_hf_config(*files.config)) return hf_naming(*files.config);
  if (files.config && is_own_config(*files.config)) return own_naming(*files.config);
  const std::string scheme = files.config
                                 ? timm_scheme(get_string_or(*files.config, "architecture", ""),
                                               object_at(*files.config, "model_args"))
                                 : timm_scheme(files.architecture, Json::object());
  return {scheme, "", "", scheme_named(scheme).names};
}

VitModel read_model(const ModelFiles& files, const FileNaming& naming, const LoadOptions& options) {
  if (files.config && is_hf_config(*files.config)) {
    return read_hf_config(*files.config, files.preprocessor, naming, files.weights);
  }
  if (files.config && is_own_config(*files.config)) return read_own_config(*files.config, naming);
  if (files.config) return read_timm_config(*files.config);
  if (!files.architecture.empty()) return timm_model(files.architecture);
  if (const std::string_view makers = scheme_named(naming.scheme).needs_config; !makers.empty()) {
    throw Error(ExitCode::bad_input, "CFG_FIELD",
                fmt::format("{} needs its config.json: tensors do not show the number of heads, "
                            "eps or the activation",
                            makers),
                "give it with --config");
  }
  return infer_model(*files.weights, naming, options.overrides);
}

/// What the model is called in its config, or its family; with a remark where the config names an
/// architecture of timm and gives it other sizes.
std::string title_of(const VitModel& model) {
  const std::string& name = model.architecture;
  if (name.empty()) return std::string(Vit::name);
  if (!std::ranges::binary_search(timm_architectures(), name)) return name;
  // Those that the name stands for; images and classes are everybody's own.
  const auto sizes = [](const VitSpec& spec) {
    return std::array{spec.depth, spec.width, spec.heads, spec.mlp, spec.patch_h, spec.patch_w};
  };
  const bool own = sizes(timm_model(name).spec) == sizes(model.spec);
  return own ? name : fmt::format("{} with other sizes", name);
}

}  // namespace

std::string Vit::supported() {
  return fmt::format(
      "transformers model_type {}; timm's VisionTransformer and Eva, of which {} names are known; "
      "configs with \"network\": \"{}\"",
      hf_model_types(), timm_architectures().size(), VitSpec::kind);
}

bool Vit::recognises(const ModelFiles& files) {
  if (files.config) {
    return is_hf_config(*files.config) || is_timm_config(*files.config) ||
           is_own_config(*files.config);
  }
  return !files.architecture.empty() || (files.weights && find_naming(*files.weights));
}

Model Vit::load(const ModelFiles& files, const LoadOptions& options) {
  const FileNaming naming = naming_of(files);
  if (files.weights) refuse_unsupported(*files.weights, naming);
  VitModel read = read_model(files, naming, options);
  read.naming = naming.scheme;
  if (read.spec.names == TensorNames{}) read.spec.names = naming.names;
  read.spec = overridden_spec(with_layout(read.spec, naming.scheme), options.overrides);
  check(read.spec);
  read.title = title_of(read);
  Model model{{read}, Network(read.spec)};
  if (files.weights) {
    const auto contradiction = [&](const std::string& tensor) {
      refuse_contradiction(read, naming.names, tensor);
    };
    bind_tensors(model, *files.weights, {options.strict, contradiction});
  }
  return model;
}

}  // namespace vitgen
