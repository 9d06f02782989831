#include "generators/ops/embedding_add.h"
#include "generators/ops/linear.h"
#include "generators/ops/masked_patches.h"
#include "generators/ops/patch_embed.h"
#include "generators/plan/lower_parts.h"

namespace vitgen {

namespace t = tensors;

namespace {

std::vector<double> per_channel(const VitSpec& spec, const std::array<float, 4>& values) {
  return {values.begin(), values.begin() + spec.channels};
}

PatchEmbedSpec patch_spec(const VitSpec& spec, const PlanOptions& options,
                          const LinearWeights& linear) {
  const int n = static_cast<int>(shape_of(linear.weight)[0]);
  const bool pixels = options.input == DType::u8;
  return {.batch = options.batch,
          .channels = static_cast<int>(spec.channels),
          .height = static_cast<int>(spec.image_h),
          .width = static_cast<int>(spec.image_w),
          .patch_h = static_cast<int>(spec.patch_h),
          .patch_w = static_cast<int>(spec.patch_w),
          .n = n,
          .panel = panel_width(n),
          .bias = !linear.bias.empty() || pixels,
          .dtype = options.input,
          .layout = pixels ? ImageLayout::hwc : ImageLayout::chw};
}

LinearWeights patch_weights(const VitSpec& spec) {
  LinearWeights linear{stored_patches(tensor_name(spec.names.patch, "weight"),
                                      {spec.width, spec.channels, spec.patch_h, spec.patch_w},
                                      spec.patch_order, spec.patch_matrix),
                       {}};
  if (spec.patch_bias) {
    linear.bias.push_back(t::leaf(tensor_name(spec.names.patch, "bias"), {spec.width}));
  }
  return linear;
}

}  // namespace

Slot add_patch_embed(Plan& plan, const VitSpec& spec, const PlanOptions& options,
                     LinearWeights linear) {
  const PatchEmbedSpec patch = patch_spec(spec, options, linear);
  TensorExpr& weight = linear.weight;
  std::vector<TensorExpr>& bias = linear.bias;
  if (options.input == DType::u8) {
    const std::vector<double> std_dev = per_channel(spec, spec.std_dev);
    TensorExpr offset = t::pixel_offset(weight, per_channel(spec, spec.mean), std_dev);
    bias = {bias.empty() ? std::move(offset) : t::add(std::move(bias[0]), std::move(offset))};
    weight = t::fold_pixel_scale(std::move(weight), spec.pixel_peak, std_dev);
  }
  weight = t::reshape(std::move(weight), {patch.n, patch.k()});
  std::vector<Slot> slots = {
      {SlotKind::input, 0},
      add_weight(plan, "patch_embed.weight", t::pack(std::move(weight), patch.panel))};
  if (patch.bias) {
    slots.push_back(add_weight(plan, "patch_embed.bias",
                               t::pad(std::move(bias[0]), padded(patch.n, patch.panel))));
  }
  return add_step(plan, "patch_embed", op_spec(patch), std::move(slots));
}

Slot lower_patches(Plan& plan, const VitSpec& spec, const PlanOptions& options) {
  const Slot patches = add_patch_embed(plan, spec, options, patch_weights(spec));
  if (!spec.patch_norm) return patches;
  const int rows = options.batch * static_cast<int>(spec.patches());
  return add_norm(plan, spec, "patch_embed.norm", spec.names.patch_norm, rows, patches);
}

namespace {

/// Rows for the first position_prefix tokens, then for a grid of patches: that of the image where
/// the table is a function of the number of tokens, else the one that training had.
TensorExpr position_table(const VitSpec& spec) {
  const std::int64_t prefix = spec.position_prefix;
  const std::int64_t rows = prefix + spec.grid_h * spec.grid_w;
  switch (spec.positions) {
    case Positions::learned:
      break;
    case Positions::sinusoid:
      return t::sinusoid(prefix + spec.patches(), spec.width);
    case Positions::none:
      return t::zeros({prefix + spec.patches(), spec.width});
    case Positions::sincos_2d: {
      TensorExpr grid = t::sincos_2d(spec.grid_h, spec.grid_w, spec.width);
      if (prefix == 0) return grid;
      std::vector<TensorExpr> parts = {t::zeros({prefix, spec.width})};
      parts.push_back(std::move(grid));
      return t::concat(std::move(parts));
    }
  }
  return t::reshape(t::leaf(spec.names.position, {1, rows, spec.width}), {rows, spec.width});
}

}  // namespace

TensorExpr patch_positions(const VitSpec& spec) {
  const std::int64_t to_h = spec.image_h / spec.patch_h;
  const std::int64_t to_w = spec.image_w / spec.patch_w;
  const bool as_long = spec.positions == Positions::sinusoid || spec.positions == Positions::none;
  TensorExpr table = position_table(spec);
  if (spec.position_prefix > 0) {
    const std::int64_t points = as_long ? to_h * to_w : spec.grid_h * spec.grid_w;
    table = t::rows(std::move(table), spec.position_prefix, points);
  }
  if (as_long || (to_h == spec.grid_h && to_w == spec.grid_w)) return table;
  return t::resample(std::move(table), spec.grid_h, spec.grid_w, to_h, to_w, spec.resample);
}

TensorExpr prefix_rows(const VitSpec& spec) {
  std::vector<TensorExpr> parts;
  const auto token = [&](const std::string& name, std::int64_t count) {
    parts.push_back(t::reshape(t::leaf(name, {1, count, spec.width}), {count, spec.width}));
  };
  if (spec.cls) token(spec.names.cls, 1);
  if (spec.dist) token(spec.names.dist, 1);
  if (spec.registers > 0) token(spec.names.registers, spec.registers);
  TensorExpr tokens = t::concat(std::move(parts));
  if (spec.position_prefix == 0) return tokens;
  TensorExpr positions = t::rows(position_table(spec), 0, spec.position_prefix);
  return t::add(std::move(tokens), t::pad(std::move(positions), spec.prefix()));
}

Slot add_positions(Plan& plan, const VitSpec& spec, int batch, Slot patches,
                   const std::string& name) {
  const Extents e = extents_of(spec, batch);
  const EmbeddingAddSpec add{
      .batch = e.batch, .prefix = e.prefix, .patches = e.tokens - e.prefix, .width = e.width};
  std::vector<Slot> slots = {patches};
  if (add.prefix > 0) slots.push_back(add_weight(plan, name + ".prefix", prefix_rows(spec)));
  slots.push_back(add_weight(plan, name + ".patches", patch_positions(spec)));
  return add_step(plan, name, op_spec(add), std::move(slots));
}

namespace {

/// The mask token in place of the patches that the plan's second input marks.
Slot add_mask(Plan& plan, const VitSpec& spec, int batch, Slot patches) {
  const MaskedPatchesSpec masked{.batch = batch,
                                 .patches = static_cast<int>(spec.patches()),
                                 .width = static_cast<int>(spec.width)};
  const Slot token =
      add_weight(plan, "mask_token",
                 t::reshape(t::leaf(spec.names.mask_token, {1, 1, spec.width}), {spec.width}));
  return add_step(plan, "mask", op_spec(masked), {patches, {SlotKind::input, 1}, token});
}

}  // namespace

Slot lower_embedding(Plan& plan, const VitSpec& spec, const PlanOptions& options) {
  const Extents e = extents_of(spec, options.batch);
  Slot patches = lower_patches(plan, spec, options);
  if (spec.decoder_stride > 0) patches = add_mask(plan, spec, e.batch, patches);
  const Slot tokens = add_positions(plan, spec, e.batch, patches);
  if (!spec.norm_pre) return tokens;
  return add_norm(plan, spec, "norm_pre", spec.names.norm_pre, e.rows(), tokens);
}

}  // namespace vitgen
