#include "generators/models/patch_mixer.h"

#include <fmt/format.h>

#include <array>

#include "generators/base/error.h"
#include "generators/models/support/binding.h"
#include "generators/models/support/config_read.h"
#include "generators/models/support/infer.h"
#include "generators/models/support/overrides.h"
#include "generators/plan/network.h"
#include "generators/plan/patch_mixer.h"

namespace vitgen {

namespace {

constexpr std::string_view kArchitecture = "PatchMixer";
constexpr std::string_view kEmbedding = "W_P.weight";
constexpr std::string_view kFirstBlock = "PatchMixer_blocks.0.Resnet.0.weight";

/// What stands before the names: checkpoints have "model.", and "module." if several GPUs trained.
std::optional<std::string> find_prefix(const WeightSource& weights) {
  for (const std::string_view prefix :
       {"", "model.", "module.", "module.model.", "model.module."}) {
    const std::string before(prefix);
    if (weights.has(before + std::string(kEmbedding))) return before;
  }
  return std::nullopt;
}

bool names_patch_mixer(const JsonFile& config) {
  for (const std::string_view key : {"model", "architecture"}) {
    const Json* value = find_json(config, key);
    if (value && value->is_string() && value->get<std::string>() == kArchitecture) return true;
  }
  return false;
}

/// The words of the training script; absent ones are those of the published experiments, but for
/// the extents that every experiment has of its own.
PatchMixerSpec read_config(const JsonFile& config) {
  PatchMixerSpec spec;
  spec.length = read_extent(config, "seq_len");
  spec.horizon = read_extent(config, "pred_len");
  spec.variables = read_extent(config, "enc_in");
  spec.patch = read_extent_or(config, "patch_len", spec.patch);
  spec.stride = read_extent_or(config, "stride", spec.stride);
  spec.width = read_extent_or(config, "d_model", spec.width);
  spec.depth = get_int_or(config, "e_layers", spec.depth, 0, any_extent);
  spec.taps = read_extent_or(config, "mixer_kernel_size", spec.taps);
  if (!get_bool_or(config, "revin", true)) {
    json_error(config, "revin", "CFG_UNSUPPORTED", "models without RevIN are not supported");
  }
  return spec;
}

/// All but the stride and what of the series does not fill a stride shows in the shapes.
PatchMixerSpec infer(const WeightSource& weights, const std::string& prefix, Model& model) {
  PatchMixerSpec spec;
  const Shape embedding = shown_shape(weights, prefix + std::string(kEmbedding), 2);
  spec.width = embedding[0];
  spec.patch = embedding[1];
  spec.stride = std::max<std::int64_t>(spec.patch / 2, 1);
  spec.variables = shown_shape(weights, prefix + "revin_layer.affine_weight", 1)[0];
  const Shape head = shown_shape(weights, prefix + "head0.1.weight", 2);
  spec.horizon = head[0];
  const std::int64_t patches = spec.width > 0 ? head[1] / spec.width : 0;
  spec.length = std::max((patches - 2) * spec.stride + spec.patch, spec.patch);
  spec.depth = count_blocks(weights, prefix + "PatchMixer_blocks.{}.Resnet.0.*");
  if (spec.depth > 0) spec.taps = shown_shape(weights, prefix + std::string(kFirstBlock), 3)[2];
  model.notices.push_back(fmt::format(
      "no config: a stride of half a patch, {}, is assumed, and with it series of {} steps; set "
      "others with --set or --config",
      spec.stride, spec.length));
  return spec;
}

constexpr std::array<std::string_view, 18> kKnownKeys = {
    "model",   "architecture", "seq_len",   "pred_len", "enc_in",        "patch_len",
    "stride",  "d_model",      "e_layers",  "revin",    "affine",        "mixer_kernel_size",
    "dropout", "head_dropout", "label_len", "dec_in",   "subtract_last", "c_out"};

}  // namespace

std::string PatchMixer::supported() { return "PatchMixer's training script"; }

bool PatchMixer::recognises(const ModelFiles& files) {
  if (files.config) return names_patch_mixer(*files.config);
  if (!files.architecture.empty()) return files.architecture == kArchitecture;
  return files.weights && find_prefix(*files.weights).has_value();
}

Model PatchMixer::load(const ModelFiles& files, const LoadOptions& options) {
  Model model;
  model.architecture = kArchitecture;
  model.title = kArchitecture;
  model.naming = name;
  model.origin = files.config ? files.config->name
                              : (files.weights ? "the shapes of the tensors" : "PatchMixer");
  const std::string prefix = files.weights ? find_prefix(*files.weights).value_or("") : "";
  PatchMixerSpec spec;
  if (files.config) {
    spec = read_config(*files.config);
    note_unknown_keys(*files.config, kKnownKeys, model.notices);
  } else if (files.weights) {
    spec = infer(*files.weights, prefix, model);
  }
  spec.prefix = prefix;
  spec = from_fields<PatchMixerSpec>(overridden(to_fields(spec), options.overrides));
  check(spec);
  model.network = Network(spec);
  if (files.weights) {
    bind_tensors(model, *files.weights, {.strict = options.strict, .refuse_contradiction = {}});
  }
  return model;
}

}  // namespace vitgen
