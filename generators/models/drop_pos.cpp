#include "generators/models/drop_pos.h"

#include <fmt/format.h>

#include <array>

#include "generators/base/error.h"
#include "generators/base/suggest.h"
#include "generators/models/support/binding.h"
#include "generators/models/support/config_read.h"
#include "generators/models/support/infer.h"
#include "generators/models/support/overrides.h"
#include "generators/plan/drop_pos.h"

namespace vitgen {

namespace {

constexpr std::string_view kMaskToken = "mask_pos_token";

/// Of a decoder's head where the width does not say: 512 channels in 16 heads, as published.
constexpr std::int64_t kDecoderHeadSize = 32;

std::optional<FileNaming> naming_of(const WeightSource& weights) {
  const auto naming = find_naming(weights);
  if (!naming || !weights.has(naming->wrapper + std::string(kMaskToken))) return std::nullopt;
  return naming;
}

bool names_drop_pos(const JsonFile& config) {
  return has_value(config, "network") && get_string(config, "network", 128) == DropPosSpec::kind;
}

/// Names of the blocks and the norm, where the decoder has them.
TensorNames decoder_names(const FileNaming& naming) {
  const std::string before = naming.wrapper + "decoder_";
  TensorNames names;
  for (auto part : {&TensorNames::norm1, &TensorNames::qkv, &TensorNames::proj, &TensorNames::norm2,
                    &TensorNames::fc1, &TensorNames::fc2, &TensorNames::norm}) {
    names.*part = before + (naming.names.*part).substr(naming.wrapper.size());
  }
  return names;
}

void infer_decoder(const WeightSource& weights, const FileNaming& naming, DropPosSpec& spec) {
  spec.mask_token = naming.wrapper + std::string(kMaskToken);
  spec.decoder_embed = naming.wrapper + "decoder_embed.*";
  spec.decoder_pred = naming.wrapper + "decoder_pred.*";
  spec.decoder_names = decoder_names(naming);
  spec.decoder_width = shown_shape(weights, tensor_name(spec.decoder_embed, "weight"), 2)[0];
  spec.decoder_depth = count_blocks(weights, spec.decoder_names.norm1);
  spec.decoder_heads = std::max<std::int64_t>(spec.decoder_width / kDecoderHeadSize, 1);
  if (spec.decoder_depth > 0) {
    spec.decoder_mlp = shown_shape(weights, tensor_name(spec.decoder_names.fc1, "weight"), 2)[0];
  }
}

/// How many of `count` are left when the share `ratio` of them goes, as the training script
/// truncates it.
std::int64_t left_of(std::int64_t count, double ratio) {
  return static_cast<std::int64_t>(static_cast<double>(count) * (1 - ratio));
}

double read_ratio(const JsonFile& config, std::string_view key, double usual) {
  const double ratio = get_number_or(config, key, usual);
  if (ratio >= 0 && ratio < 1) return ratio;
  json_error(config, key, "CFG_RANGE", fmt::format("must be in [0, 1), got {}", ratio));
}

constexpr std::array<std::string_view, 7> kKnownKeys = {
    "network",    "mask_ratio", "pos_mask_ratio",   "label_smoothing_sigma",
    "attn_guide", "heads",      "decoder_num_heads"};

/// The words of the training script.
void read_config(const JsonFile& config, DropPosSpec& spec, double& mask, double& hidden) {
  mask = read_ratio(config, "mask_ratio", mask);
  hidden = read_ratio(config, "pos_mask_ratio", hidden);
  spec.sigma = static_cast<float>(
      get_number_or(config, "label_smoothing_sigma", static_cast<double>(spec.sigma)));
  spec.attentive = get_bool_or(config, "attn_guide", spec.attentive);
  spec.decoder_heads = read_extent_or(config, "decoder_num_heads", spec.decoder_heads);
}

/// What was set by hand, and the heads that the config states: tensors do not show them.
Fields known_beforehand(const ModelFiles& files, const LoadOptions& options) {
  Fields known = options.overrides;
  if (files.config && has_value(*files.config, "heads") && !known.find("heads")) {
    known.values.emplace_back("heads", std::to_string(read_extent(*files.config, "heads")));
  }
  return known;
}

}  // namespace

std::string DropPos::supported() { return "DropPos's pre-training checkpoints"; }

bool DropPos::recognises(const ModelFiles& files) {
  if (files.config) return names_drop_pos(*files.config);
  return files.architecture.empty() && files.weights && naming_of(*files.weights).has_value();
}

Model DropPos::load(const ModelFiles& files, const LoadOptions& options) {
  if (!files.weights) {
    throw Error(ExitCode::bad_input, "MODEL_MISSING", "DropPos's sizes are in its weights",
                "give them with -m");
  }
  const auto naming = naming_of(*files.weights);
  if (!naming) {
    throw Error(ExitCode::bad_input, "MODEL_MISSING",
                fmt::format("{}: not in {}", kMaskToken, files.weights->description()),
                "a network without it is a plain encoder: leave \"network\" out of the config");
  }
  VitModel read = infer_model(*files.weights, *naming, known_beforehand(files, options));
  DropPosSpec spec;
  spec.encoder = read.spec;
  infer_decoder(*files.weights, *naming, spec);
  double mask = 0.75, hidden = 0.75;  // of patches, and of the positions of those that stay
  if (files.config) {
    read_config(*files.config, spec, mask, hidden);
    note_unknown_keys(*files.config, kKnownKeys, read.notices);
  }
  spec.kept = left_of(spec.encoder.patches(), mask);
  spec.visible = left_of(spec.kept, hidden);
  spec = from_fields<DropPosSpec>(overridden(to_fields(spec), options.overrides));
  check(spec);
  read.notices.push_back(fmt::format(
      "DropPos with its decoder: {} of {} patches, {} with their position, {} decoder heads",
      spec.kept, spec.encoder.patches(), spec.visible, spec.decoder_heads));
  read.naming = naming->scheme;
  read.title = std::string(name);
  Model model{{read}, Network(spec)};
  bind_tensors(model, *files.weights, {options.strict, {}});
  return model;
}

}  // namespace vitgen
