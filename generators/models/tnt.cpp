#include "generators/models/tnt.h"

#include <fmt/format.h>

#include <array>

#include "generators/models/support/binding.h"
#include "generators/models/support/overrides.h"
#include "generators/models/support/timm_architectures.h"
#include "generators/models/support/tnt_config.h"

namespace vitgen {

namespace {

TntModel read_model(const ModelFiles& files, const TntNaming& naming, const LoadOptions& options) {
  if (files.config) return read_tnt_config(*files.config);
  if (!files.architecture.empty()) return tnt_model(files.architecture);
  return infer_tnt(*files.weights, naming, options.overrides);
}

/// What the model is called in its config, with a remark where it has other sizes than timm's.
std::string title_of(const TntModel& model) {
  if (model.architecture.empty()) return std::string(Tnt::name);
  const auto sizes = [](const TntSpec& spec) {
    return std::array{spec.depth,       spec.width,     spec.heads,   spec.mlp,    spec.inner_width,
                      spec.inner_heads, spec.inner_mlp, spec.patch_h, spec.patch_w};
  };
  const bool own = sizes(tnt_model(model.architecture).spec) == sizes(model.spec);
  return own ? model.architecture : fmt::format("{} with other sizes", model.architecture);
}

}  // namespace

std::string Tnt::supported() {
  return fmt::format("{} of timm, and files of their authors",
                     fmt::join(tnt_architectures(), ", "));
}

bool Tnt::recognises(const ModelFiles& files) {
  if (files.config) return is_tnt_config(*files.config);
  if (!files.architecture.empty()) return is_tnt_architecture(files.architecture);
  return files.weights && find_tnt_naming(*files.weights).has_value();
}

Model Tnt::load(const ModelFiles& files, const LoadOptions& options) {
  const TntNaming naming = files.weights
                               ? find_tnt_naming(*files.weights).value_or(timm_tnt_naming())
                               : timm_tnt_naming();
  TntModel read = read_model(files, naming, options);
  read.naming = naming.scheme;
  read.spec.names = naming.names;
  read.spec.pixel_position_order = naming.pixel_position_order;
  read.spec = from_fields<TntSpec>(overridden(to_fields(read.spec), options.overrides));
  check(read.spec);
  read.title = title_of(read);
  Model model{{read}, Network(read.spec)};
  if (files.weights) {
    const auto contradiction = [&](const std::string& tensor) {
      refuse_tnt_contradiction(read.spec, read.origin, tensor);
    };
    bind_tensors(model, *files.weights, {options.strict, contradiction});
  }
  return model;
}

}  // namespace vitgen
