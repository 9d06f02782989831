#include "generators/plan/patch_mixer.h"

#include <fmt/format.h>

#include <algorithm>

#include "generators/base/error.h"
#include "generators/ops/depthwise_conv.h"
#include "generators/ops/linear.h"
#include "generators/ops/series_forecast.h"
#include "generators/ops/series_patches.h"
#include "generators/ops/token_mix.h"
#include "generators/plan/limits.h"
#include "generators/plan/plan_builder.h"
#include "generators/plan/tensor_functions.h"

namespace vitgen {

namespace t = tensors;

namespace {

constexpr std::int64_t kMostSteps = 1 << 20;  // of time, and of other extents of a series

[[noreturn]] void refuse(std::string_view code, const std::string& message) {
  throw Error(ExitCode::bad_input, code, message);
}

void check_ranges(const PatchMixerSpec& spec) {
  struct Extent {
    std::string_view name;  ///< ours, and what the training script calls it
    std::int64_t value, most;
  };
  const Extent extents[] = {{"length (seq_len)", spec.length, kMostSteps},
                            {"variables (enc_in)", spec.variables, kMostSteps},
                            {"horizon (pred_len)", spec.horizon, kMostSteps},
                            {"patch (patch_len)", spec.patch, kMostSteps},
                            {"stride", spec.stride, kMostSteps},
                            {"width (d_model)", spec.width, kMostWidth},
                            {"depth (e_layers)", spec.depth, kMostDepth},
                            {"taps (mixer_kernel_size)", spec.taps, 4096}};
  for (const Extent& e : extents) {
    if (e.value < (e.name.starts_with("depth") ? 0 : 1)) {
      refuse("CFG_RANGE", fmt::format("{}: must be positive, got {}", e.name, e.value));
    }
    if (e.value > e.most) {
      refuse("CFG_BUDGET", fmt::format("{}: {} is over the limit of {}", e.name, e.value, e.most));
    }
  }
  for (const float eps : {spec.revin_eps, spec.norm_eps}) {
    if (!(eps > 0) || eps > 1)
      refuse("CFG_RANGE", fmt::format("eps: must be in (0, 1], got {}", eps));
  }
}

struct SeriesExtents {
  int batch, variables, length, horizon, patches, width;
  int series() const { return batch * variables; }
};

SeriesExtents extents_of(const PatchMixerSpec& spec, int batch) {
  return {.batch = batch,
          .variables = static_cast<int>(spec.variables),
          .length = static_cast<int>(spec.length),
          .horizon = static_cast<int>(spec.horizon),
          .patches = static_cast<int>(spec.patches()),
          .width = static_cast<int>(spec.width)};
}

void check_options(const PatchMixerSpec& spec, const PlanOptions& options) {
  for (const std::string& name : options.outputs) {
    if (name == "forecast" && options.outputs.size() == 1) continue;
    throw Error(ExitCode::usage, "OUTPUT_UNKNOWN",
                fmt::format("the only output is forecast, once; got '{}'", printable(name)));
  }
  if (options.input != DType::f32) {
    throw Error(ExitCode::usage, "INPUT_TYPE", "a series is given in f32",
                "u8 is for the pixels of images");
  }
  const double rows = static_cast<double>(spec.variables * spec.patches());
  const double elements =
      std::max(rows * static_cast<double>(std::max(spec.width, spec.patch)),
               static_cast<double>(spec.variables) * 2 * static_cast<double>(spec.horizon));
  if (options.batch < 1 || elements * options.batch >= kMostElements) {
    throw Error(ExitCode::usage, "BATCH_RANGE",
                fmt::format("batch {}: must be at least 1 and keep {:.1f} MiB of activations for "
                            "each series under 8 GiB",
                            options.batch, elements * 4 / 1048576));
  }
}

/// The tensors of the file, by the names that PyTorch gives them.
struct Tensors {
  const PatchMixerSpec& spec;

  TensorExpr leaf(const std::string& name, Shape shape) const {
    return t::leaf(spec.prefix + name, std::move(shape));
  }
  LinearWeights linear(const std::string& name, std::int64_t n, std::int64_t k) const {
    return {leaf(name + ".weight", {n, k}), {leaf(name + ".bias", {n})}};
  }
  /// A batch normalisation over patches as y = scale x + shift.
  TensorExpr scale(const std::string& name) const {
    const Shape shape{spec.patches()};
    return t::norm_scale(leaf(name + ".weight", shape), leaf(name + ".running_var", shape),
                         spec.norm_eps);
  }
  TensorExpr shift(const std::string& name) const {
    const Shape shape{spec.patches()};
    return t::norm_shift(leaf(name + ".bias", shape), leaf(name + ".running_mean", shape),
                         scale(name));
  }
};

/// Appends the weights `name`.weight, .bias, .scale, .shift of a convolution and the batch
/// normalisation after its activation, and a step with them.
Slot add_convolution(Plan& plan, const Tensors& tensors, const std::string& name,
                     const std::string& file_name, OpSpec op, TensorExpr weight, Slot input) {
  const Shape patches{tensors.spec.patches()};
  const std::string norm = file_name + ".2";
  const Slot slots[] = {
      input, add_weight(plan, name + ".weight", std::move(weight)),
      add_weight(plan, name + ".bias", tensors.leaf(file_name + ".0.bias", patches)),
      add_weight(plan, name + ".scale", tensors.scale(norm)),
      add_weight(plan, name + ".shift", tensors.shift(norm))};
  return add_step(plan, name, std::move(op), {std::begin(slots), std::end(slots)});
}

Slot lower_block(Plan& plan, const Tensors& tensors, const SeriesExtents& e, int block, Slot x) {
  const PatchMixerSpec& spec = tensors.spec;
  const std::int64_t patches = spec.patches();
  const int taps = static_cast<int>(spec.taps);
  const DepthwiseConvSpec depthwise{.batch = e.series(),
                                    .tokens = e.patches,
                                    .width = e.width,
                                    .taps = taps,
                                    .before = (taps - 1) / 2,
                                    .activation = Activation::gelu_erf};
  const TokenMixSpec pointwise{.batch = e.series(),
                               .tokens = e.patches,
                               .outputs = e.patches,
                               .width = e.width,
                               .activation = Activation::gelu_erf};
  const std::string name = fmt::format("blocks.{}", block);
  const std::string file_name = fmt::format("PatchMixer_blocks.{}", block);
  const std::string first = file_name + ".Resnet";
  const std::string second = file_name + ".Conv_1x1";
  const Slot mixed = add_convolution(
      plan, tensors, name + ".depthwise", first, op_spec(depthwise),
      t::reshape(tensors.leaf(first + ".0.weight", {patches, 1, spec.taps}), {patches, spec.taps}),
      x);
  return add_convolution(
      plan, tensors, name + ".pointwise", second, op_spec(pointwise),
      t::reshape(tensors.leaf(second + ".0.weight", {patches, patches, 1}), {patches, patches}),
      mixed);
}

/// The linear head on what the blocks read, and the MLP head on what they give.
Slot lower_heads(Plan& plan, const Tensors& tensors, const SeriesExtents& e, Slot embedded,
                 Slot mixed) {
  const PatchMixerSpec& spec = tensors.spec;
  const std::int64_t flat = spec.patches() * spec.width;
  const Slot linear = add_linear(plan, {.name = "head0", .rows = e.series()},
                                 tensors.linear("head0.1", spec.horizon, flat), embedded);
  const Slot hidden = add_linear(
      plan, {.name = "head1.fc1", .rows = e.series(), .activation = Activation::gelu_erf},
      tensors.linear("head1.1", 2 * spec.horizon, flat), mixed);
  return add_linear(plan, {.name = "head1.fc2", .rows = e.series(), .residual = {linear}},
                    tensors.linear("head1.4", spec.horizon, 2 * spec.horizon), hidden);
}

}  // namespace

void check(const PatchMixerSpec& spec) {
  check_ranges(spec);
  if (spec.patch > spec.length || spec.stride > spec.length) {
    refuse("CFG_INCONSISTENT",
           fmt::format("patches of {} and a stride of {} do not fit into a series of {}",
                       spec.patch, spec.stride, spec.length));
  }
  const double flat = static_cast<double>(spec.patches()) * static_cast<double>(spec.width);
  const double weight = flat * (2.0 * static_cast<double>(spec.horizon) + kMaxPanel);
  const double activations =
      static_cast<double>(spec.variables) *
      std::max(flat, static_cast<double>(spec.patches()) * static_cast<double>(spec.patch));
  for (const double elements : {weight, activations}) {
    if (elements >= kMostElements) {
      refuse("CFG_BUDGET", fmt::format("a tensor would take {:.1f} GiB; one may take less than 8",
                                       elements * 4 / 1073741824.0));
    }
  }
}

PatchMixerSpec sized_for(const PatchMixerSpec& spec, const PlanOptions& options) {
  if (options.image_h > 0 || options.image_w > 0) {
    throw Error(ExitCode::usage, "IMAGE_SIZE_NONE", "this model reads series, not images",
                "leave --image out");
  }
  return spec;
}

Plan lower(const PatchMixerSpec& wanted, const PlanOptions& options) {
  const PatchMixerSpec spec = sized_for(wanted, options);
  check(spec);
  check_options(spec, options);
  const SeriesExtents e = extents_of(spec, options.batch);
  const Tensors tensors{spec};
  Plan plan;
  plan.batch = options.batch;
  plan.inputs = {{"series", DType::f32, {e.variables, e.length}}};
  const Slot series{SlotKind::input, 0};
  const Shape variables{spec.variables};
  const Slot gain =
      add_weight(plan, "revin.gain", tensors.leaf("revin_layer.affine_weight", variables));
  const Slot bias =
      add_weight(plan, "revin.bias", tensors.leaf("revin_layer.affine_bias", variables));
  const SeriesPatchesSpec patches{.batch = e.batch,
                                  .length = e.length,
                                  .variables = e.variables,
                                  .patch = static_cast<int>(spec.patch),
                                  .stride = static_cast<int>(spec.stride),
                                  .eps = spec.revin_eps};
  const Slot cut = add_step(plan, "patches", op_spec(patches), {series, gain, bias});
  const Slot embedded = add_linear(plan, {.name = "patch_embed", .rows = e.series() * e.patches},
                                   tensors.linear("W_P", spec.width, spec.patch), cut);
  Slot x = embedded;
  for (int block = 0; block < static_cast<int>(spec.depth); ++block) {
    x = lower_block(plan, tensors, e, block, x);
  }
  const Slot heads = lower_heads(plan, tensors, e, embedded, x);
  const SeriesForecastSpec forecast{.batch = e.batch,
                                    .length = e.length,
                                    .variables = e.variables,
                                    .horizon = e.horizon,
                                    .eps = spec.revin_eps};
  const Slot y = add_step(plan, "forecast", op_spec(forecast), {heads, series, gain, bias});
  bind_output(plan, y, {"forecast", DType::f32, {e.variables, e.horizon}});
  finish(plan, options);
  return plan;
}

std::string summary(const PatchMixerSpec& spec) {
  return fmt::format("{} of {} variables to {}, {} patches of {}, {} of width {}", spec.length,
                     spec.variables, spec.horizon, spec.patches(), spec.patch,
                     spec.depth == 1 ? "1 block" : fmt::format("{} blocks", spec.depth),
                     spec.width);
}

}  // namespace vitgen
