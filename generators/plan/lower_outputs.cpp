#include "generators/plan/lower_outputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "generators/base/error.h"
#include "generators/base/suggest.h"
#include "generators/ops/token_slice.h"
#include "generators/plan/lower_parts.h"

namespace vitgen {

namespace {

/// "features_3": the tokens after block 3; "normed_features_3": the same after the last norm.
struct Feature {
  int block = 0;
  bool normed = false;
};

std::optional<Feature> feature_named(std::string_view name) {
  Feature feature;
  constexpr std::string_view normed = "normed_", plain = "features_";
  if (name.starts_with(normed)) {
    feature.normed = true;
    name.remove_prefix(normed.size());
  }
  if (!name.starts_with(plain)) return std::nullopt;
  name.remove_prefix(plain.size());
  const auto read = std::from_chars(name.data(), name.data() + name.size(), feature.block);
  const bool whole = read.ec == std::errc{} && read.ptr == name.data() + name.size();
  if (!whole || name != std::to_string(feature.block) || feature.block < 0) return std::nullopt;
  return feature;
}

void check_feature(const VitSpec& spec, const std::string& name, const Feature& feature) {
  if (feature.block >= spec.depth) {
    throw Error(ExitCode::usage, "OUTPUT_ABSENT",
                fmt::format("{}: there is no block {}; this model has {}, counted from 0", name,
                            feature.block, spec.depth),
                fmt::format("the last is features_{}", spec.depth - 1));
  }
  if (feature.normed && spec.final_norm != FinalNorm::before_pool) {
    throw Error(ExitCode::usage, "OUTPUT_ABSENT",
                fmt::format("{}: this model has no norm on all tokens", name),
                fmt::format("features_{} are the tokens without it", feature.block));
  }
}

}  // namespace

void check_outputs(const VitSpec& spec, const std::vector<std::string>& outputs) {
  static constexpr std::array<std::string_view, 4> known = {"logits", "tokens", "pooled",
                                                            "reconstruction"};
  for (const std::string& name : outputs) {
    const auto feature = feature_named(name);
    if (std::ranges::count(outputs, name) > 1 ||
        (!feature && std::ranges::find(known, name) == known.end())) {
      throw Error(ExitCode::usage, "OUTPUT_UNKNOWN",
                  fmt::format("outputs are logits, tokens, pooled, reconstruction, features_N and "
                              "normed_features_N, each at most once; got '{}'",
                              printable(name)),
                  suggestion_hint(name, known));
    }
    if (feature) check_feature(spec, name, *feature);
    if (name == "logits" && spec.classes == 0) {
      throw Error(ExitCode::usage, "OUTPUT_ABSENT", "this model has no head, so it has no logits",
                  "its outputs are pooled, tokens and those of blocks");
    }
    if (name == "reconstruction" && spec.decoder_stride == 0) {
      throw Error(ExitCode::usage, "OUTPUT_ABSENT",
                  "this model has no decoder of masked image modelling, so it reconstructs nothing",
                  "its outputs are pooled, tokens and those of blocks");
    }
  }
}

namespace {

Port output_port(const Plan& plan, const VitSpec& spec, const std::string& name, Slot value) {
  const int elements = static_cast<int>(plan.buffers[static_cast<std::size_t>(value.index)].bytes /
                                        (byte_size(DType::f32) * plan.batch));
  const int width = static_cast<int>(spec.width);
  if (name == "reconstruction") {
    const int h = static_cast<int>(spec.image_h / spec.patch_h * spec.decoder_stride);
    const int w = static_cast<int>(spec.image_w / spec.patch_w * spec.decoder_stride);
    return {name, DType::f32, {w, h, static_cast<int>(spec.channels)}};
  }
  const bool rows = name == "tokens" || feature_named(name);
  return {name, DType::f32,
          rows ? std::vector<int>{width, elements / width} : std::vector{elements}};
}

Slot lower_feature(Plan& plan, const VitSpec& spec, const std::string& name, const Feature& feature,
                   const std::vector<Slot>& blocks) {
  const Slot tokens = blocks[static_cast<std::size_t>(feature.block)];
  if (!feature.normed) return tokens;
  return add_norm(plan, spec, name, spec.names.norm, extents_of(spec, plan.batch).rows(), tokens);
}

/// A copy of tokens that are already another output.
Slot copied_tokens(Plan& plan, const VitSpec& spec, const std::string& name, Slot tokens) {
  const Extents e = extents_of(spec, plan.batch);
  const TokenSliceSpec all{.batch = e.batch, .tokens = e.tokens, .first = 0, .width = e.width};
  return add_step(plan, name, op_spec(all), {tokens});
}

}  // namespace

void lower_outputs(Plan& plan, const VitSpec& spec, const PlanOptions& options,
                   const std::vector<Slot>& blocks) {
  std::vector<Slot> values(options.outputs.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto feature = feature_named(options.outputs[i]);
    if (feature) values[i] = lower_feature(plan, spec, options.outputs[i], *feature, blocks);
  }
  const HeadSlots head = lower_head(plan, spec, options, blocks.back());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string& name = options.outputs[i];
    if (name == "tokens") values[i] = head.tokens;
    if (name == "pooled") values[i] = head.pooled;
    if (name == "logits") values[i] = head.logits;
    if (name == "reconstruction") values[i] = head.reconstruction;
    const bool taken = std::find(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(i),
                                 values[i]) != values.begin() + static_cast<std::ptrdiff_t>(i);
    if (taken) values[i] = copied_tokens(plan, spec, name, values[i]);
  }
  std::vector<Port> ports;
  for (std::size_t i = 0; i < values.size(); ++i) {
    ports.push_back(output_port(plan, spec, options.outputs[i], values[i]));
  }
  for (std::size_t i = 0; i < values.size(); ++i) bind_output(plan, values[i], ports[i]);
  drop_unread_steps(plan);
}

}  // namespace vitgen
