#include <fmt/format.h>

#include "generators/base/error.h"
#include "generators/base/image_limit.h"
#include "generators/ops/linear.h"
#include "generators/plan/limits.h"
#include "generators/plan/tnt_parts.h"

namespace vitgen {

namespace {

[[noreturn]] void refuse(std::string_view code, const std::string& message) {
  throw Error(ExitCode::bad_input, code, message);
}

double real(std::int64_t value) { return static_cast<double>(value); }

/// What check(VitSpec) does not see, and what outer_of and inner_of divide by.
void check_ranges(const TntSpec& spec) {
  struct Extent {
    std::string_view name;  ///< ours, and what timm calls it
    std::int64_t value, most;
  };
  const Extent extents[] = {{"patch_h (patch_size)", spec.patch_h, kMaxImageEdge},
                            {"patch_w (patch_size)", spec.patch_w, kMaxImageEdge},
                            {"pixel_stride (first_stride)", spec.pixel_stride, kMaxImageEdge},
                            {"inner_width (inner_dim)", spec.inner_width, kMostWidth},
                            {"inner_heads (num_heads_inner)", spec.inner_heads, kMostWidth},
                            {"inner_mlp", spec.inner_mlp, 4 * kMostWidth},
                            {"depth", spec.depth, kMostDepth},
                            {"heads (num_heads_outer)", spec.heads, kMostWidth}};
  for (const Extent& e : extents) {
    if (e.value < 1) {
      refuse("CFG_RANGE", fmt::format("{}: must be at least 1, got {}", e.name, e.value));
    }
    if (e.value > e.most) {
      refuse("CFG_BUDGET", fmt::format("{}: {} is over the limit of {}", e.name, e.value, e.most));
    }
  }
}

void check_pixels(const TntSpec& spec) {
  if (spec.inner_width % spec.inner_heads != 0) {
    refuse("CFG_INCONSISTENT", fmt::format("inner_width {} (inner_dim) is not a multiple of the {} "
                                           "inner heads",
                                           spec.inner_width, spec.inner_heads));
  }
  const bool whole = spec.patch_h % spec.pixel_stride == 0 && spec.patch_w % spec.pixel_stride == 0;
  if (spec.pixel_edge == PixelEdge::neighbours && !whole) {
    refuse("CFG_INCONSISTENT",
           fmt::format("patches of {}x{} are not whole steps of {} pixels, as a convolution over "
                       "the image needs",
                       spec.patch_h, spec.patch_w, spec.pixel_stride));
  }
}

/// The largest tensors that VitSpec does not know of, in double so that nothing overflows.
void check_budget(const TntSpec& spec) {
  const double row = real(spec.pixels()) * real(spec.inner_width);
  const double window = real(spec.channels) * (real(spec.patch_h) + TntSpec::pixel_kernel) *
                        (real(spec.patch_w) + TntSpec::pixel_kernel);
  const double widest = real(std::max(3 * spec.inner_width, spec.inner_mlp));
  const std::pair<std::string_view, double> tensors[] = {
      {"the embedding of pixels (inner_dim, patch_size)", (row + kMaxPanel) * window},
      {"the projection of pixels (inner_dim, embed_dim)", row * (real(spec.width) + kMaxPanel)},
      {"the pixels of one image", real(spec.patches()) * real(spec.pixels()) * widest},
      {"the windows of one image", real(spec.patches()) * window},
  };
  for (const auto& [name, elements] : tensors) {
    if (elements < kMostElements) continue;
    refuse("CFG_BUDGET", fmt::format("{} would take {:.1f} GiB; one tensor may take less than 8",
                                     name, elements * 4 / 1073741824.0));
  }
}

TensorNames names_of(const TntBlockNames& block) {
  TensorNames names;
  names.norm1 = block.norm1;
  names.qk = block.qk;
  names.v = block.v;
  names.proj = block.proj;
  names.norm2 = block.norm2;
  names.fc1 = block.fc1;
  names.fc2 = block.fc2;
  return names;
}

/// What both have in common.
VitSpec transformer(const TntSpec& spec, const TntBlockNames& names) {
  VitSpec vit;
  vit.depth = spec.depth;
  vit.activation = spec.activation;
  vit.eps = spec.eps;
  vit.q_bias = vit.k_bias = vit.v_bias = spec.qkv_bias;
  vit.names = names_of(names);
  return vit;
}

}  // namespace

VitSpec outer_of(const TntSpec& spec) {
  VitSpec vit = transformer(spec, spec.names.outer);
  vit.channels = spec.channels;
  vit.image_h = spec.image_h;
  vit.image_w = spec.image_w;
  vit.patch_h = spec.patch_h;
  vit.patch_w = spec.patch_w;
  vit.pixel_peak = spec.pixel_peak;
  vit.mean = spec.mean;
  vit.std_dev = spec.std_dev;
  vit.grid_h = spec.grid_h;
  vit.grid_w = spec.grid_w;
  vit.resample = spec.resample;
  vit.width = spec.width;
  vit.heads = spec.heads;
  vit.head_size = spec.width / spec.heads;
  vit.mlp = spec.mlp;
  vit.pooling = spec.pooling;
  vit.classes = spec.classes;
  vit.names.cls = spec.names.cls;
  vit.names.position = spec.names.position;
  vit.names.norm = spec.names.norm;
  vit.names.head = spec.names.head;
  return vit;
}

VitSpec inner_of(const TntSpec& spec) {
  VitSpec vit = transformer(spec, spec.names.inner);
  vit.cls = false;
  vit.position_prefix = 0;
  vit.image_h = spec.pixels_h();
  vit.image_w = spec.pixels_w();
  vit.patch_h = vit.patch_w = 1;
  vit.width = spec.inner_width;
  vit.heads = spec.inner_heads;
  vit.head_size = spec.inner_width / spec.inner_heads;
  vit.mlp = spec.inner_mlp;
  return vit;
}

void check(const TntSpec& spec) {
  check_ranges(spec);
  check(outer_of(spec));
  check_whole_patches(outer_of(spec));
  check_pixels(spec);
  check_budget(spec);
}

TntSpec sized_for(const TntSpec& spec, const PlanOptions& options) {
  TntSpec sized = spec;
  if (options.image_h > 0) sized.image_h = options.image_h;
  if (options.image_w > 0) sized.image_w = options.image_w;
  return sized;
}

std::string summary(const TntSpec& spec) {
  return fmt::format(
      "{} blocks of width {}, {} heads, {} tokens, in each patch {} pixels of width {}, {} heads, "
      "{}x{}x{} input, {} classes",
      spec.depth, spec.width, spec.heads, spec.patches() + 1, spec.pixels(), spec.inner_width,
      spec.inner_heads, spec.channels, spec.image_h, spec.image_w, spec.classes);
}

}  // namespace vitgen
