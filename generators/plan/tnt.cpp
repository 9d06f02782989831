#include "generators/plan/tnt.h"

#include <fmt/format.h>

#include "generators/base/error.h"
#include "generators/ops/add.h"
#include "generators/ops/image_windows.h"
#include "generators/plan/limits.h"
#include "generators/plan/lower_parts.h"
#include "generators/plan/tnt_parts.h"

namespace vitgen {

namespace t = tensors;

namespace {

void check_options(const TntSpec& spec, const PlanOptions& options) {
  if (spec.pixel_edge == PixelEdge::neighbours && options.input == DType::u8) {
    throw Error(ExitCode::bad_input, "CFG_UNSUPPORTED",
                "u8 pixels are not supported where the convolution of pixels sees past its patch: "
                "the zeros around the image are those of normalised pixels",
                "give the image in f32");
  }
  const std::int64_t widest = std::max(3 * spec.inner_width, spec.inner_mlp);
  const double pixels = static_cast<double>(spec.patches() * spec.pixels());
  const double elements = pixels * static_cast<double>(widest);
  if (elements * options.batch >= kMostElements) {
    throw Error(ExitCode::usage, "BATCH_RANGE",
                fmt::format("batch {}: must keep {:.1f} MiB of pixels for each image under 8 GiB",
                            options.batch, elements * 4 / 1048576));
  }
}

/// {pixels inner_width}: the convolution's bias and the position of each pixel.
TensorExpr pixel_bias(const TntSpec& spec) {
  const std::int64_t inner = spec.inner_width;
  const auto pixels = static_cast<std::size_t>(spec.pixels());
  TensorExpr bias = t::concat(
      std::vector<TensorExpr>(pixels, t::leaf(tensor_name(spec.names.pixel, "bias"), {inner})));
  const std::string& name = spec.names.pixel_position;
  TensorExpr positions =
      spec.pixel_position_order == PatchOrder::hwc
          ? t::leaf(name, {1, spec.pixels(), inner})
          : t::transpose(t::reshape(t::leaf(name, {1, inner, spec.pixels_h(), spec.pixels_w()}),
                                    {inner, spec.pixels()}));
  return t::add(std::move(bias), t::reshape(std::move(positions), {spec.pixels() * inner}));
}

/// The convolution on all pixels of a window as a linear map to the channels of its outputs.
LinearWeights pixel_weights(const TntSpec& spec, std::int64_t window_h, std::int64_t window_w,
                            std::int64_t first) {
  const std::int64_t kernel = TntSpec::pixel_kernel;
  return {t::conv_in_window(t::leaf(tensor_name(spec.names.pixel, "weight"),
                                    {spec.inner_width, spec.channels, kernel, kernel}),
                            {.outputs_h = spec.pixels_h(),
                             .outputs_w = spec.pixels_w(),
                             .height = window_h,
                             .width = window_w,
                             .stride = spec.pixel_stride,
                             .first = first}),
          {pixel_bias(spec)}};
}

/// Y, {inner_width, pixels, patches, batch}. With zeros past a patch's edge its pixels alone
/// decide; otherwise a window of them that reaches into its neighbours.
Slot lower_pixels(Plan& plan, const TntSpec& spec, const VitSpec& outer,
                  const PlanOptions& options) {
  if (spec.pixel_edge == PixelEdge::zeros) {
    return add_patch_embed(plan, outer, options,
                           pixel_weights(spec, spec.patch_h, spec.patch_w, -TntSpec::pixel_before));
  }
  const std::int64_t more = TntSpec::pixel_kernel - spec.pixel_stride;
  const ImageWindowsSpec windows{.batch = options.batch,
                                 .channels = static_cast<int>(spec.channels),
                                 .height = static_cast<int>(spec.image_h),
                                 .width = static_cast<int>(spec.image_w),
                                 .stride_h = static_cast<int>(spec.patch_h),
                                 .stride_w = static_cast<int>(spec.patch_w),
                                 .window_h = static_cast<int>(spec.patch_h + more),
                                 .window_w = static_cast<int>(spec.patch_w + more),
                                 .before = static_cast<int>(TntSpec::pixel_before)};
  const Slot cut = add_step(plan, "pixel_windows", op_spec(windows), {{SlotKind::input, 0}});
  LinearWeights linear = pixel_weights(spec, windows.window_h, windows.window_w, 0);
  linear.weight =
      t::reshape(std::move(linear.weight), {spec.pixels() * spec.inner_width, windows.k()});
  const int rows = options.batch * static_cast<int>(spec.patches());
  return add_linear(plan, {.name = "pixel_embed", .rows = rows}, std::move(linear), cut);
}

/// The projection of the patches' pixels to tokens, before the first block or in one.
struct Merge {
  const TntSpec& spec;
  const TntMergeNames& names;
  PixelMerge form = PixelMerge::joined_norm;
  bool bias = true;
  std::string step = {};  ///< what stands before the steps' names
  int block = 0;
};

Slot lower_merge(Plan& plan, const Merge& merge, int batch, Slot pixels) {
  const TntSpec& spec = merge.spec;
  const int rows = batch * static_cast<int>(spec.patches());
  const bool joined = merge.form == PixelMerge::joined_norm;
  const std::int64_t flat = spec.pixels() * spec.inner_width;
  const Slot normed = add_norm(plan,
                               {.name = merge.step + "norm1_proj",
                                .pattern = merge.names.norm1,
                                .rows = joined ? rows : rows * static_cast<int>(spec.pixels()),
                                .width = joined ? flat : spec.inner_width,
                                .eps = spec.eps,
                                .block = merge.block},
                               pixels);
  const Slot projected = add_linear(plan, {.name = merge.step + "proj", .rows = rows},
                                    named_linear({.pattern = merge.names.proj,
                                                  .n = spec.width,
                                                  .k = flat,
                                                  .bias = merge.bias,
                                                  .block = merge.block}),
                                    normed);
  if (!joined) return projected;
  return add_norm(plan,
                  {.name = merge.step + "norm2_proj",
                   .pattern = merge.names.norm2,
                   .rows = rows,
                   .width = spec.width,
                   .eps = spec.eps,
                   .block = merge.block},
                  projected);
}

Merge merge_of_block(const TntSpec& spec, int block) {
  return {.spec = spec,
          .names = spec.names.merge,
          .form = spec.merge,
          .bias = spec.merge == PixelMerge::norm_per_pixel,
          .step = fmt::format("blocks.{}.", block),
          .block = block};
}

/// The patches' tokens after each block. Those that start as zeros are the positions alone until
/// the first block adds to them: there both are one step.
std::vector<Slot> lower_trunk(Plan& plan, const TntSpec& spec, const VitSpec& outer,
                              const PlanOptions& options) {
  const int batch = options.batch;
  const VitSpec inner = inner_of(spec);
  const AddSpec sum{.batch = batch,
                    .rows = static_cast<int>(outer.tokens()),
                    .width = static_cast<int>(spec.width),
                    .prefix = 1};
  Slot y = lower_pixels(plan, spec, outer, options);
  Slot z{};
  std::vector<Slot> blocks;
  if (spec.start == TntStart::projected) {
    z = add_positions(plan, outer, batch,
                      lower_merge(plan, {.spec = spec, .names = spec.names.start}, batch, y));
  }
  for (int block = 0; block < static_cast<int>(spec.depth); ++block) {
    y = lower_block(plan, inner, batch * static_cast<int>(spec.patches()), block, y,
                    "blocks.{}.inner.*");
    const Merge merge = merge_of_block(spec, block);
    const Slot added = lower_merge(plan, merge, batch, y);
    const bool first = block == 0 && spec.start == TntStart::zeros;
    z = first ? add_positions(plan, outer, batch, added)
              : add_step(plan, merge.step + "add_pixels", op_spec(sum), {z, added});
    z = lower_block(plan, outer, batch, block, z);
    blocks.push_back(z);
  }
  return blocks;
}

}  // namespace

Plan lower(const TntSpec& model, const PlanOptions& wanted) {
  const TntSpec spec = sized_for(model, wanted);
  check(spec);
  check_options(spec, wanted);
  return lower_around(outer_of(spec), wanted,
                      [&](Plan& plan, const VitSpec& outer, const PlanOptions& options) {
                        return lower_trunk(plan, spec, outer, options);
                      });
}

}  // namespace vitgen
