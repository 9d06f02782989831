#pragma once
// Transformer in Transformer (Han et al. 2021): the pixels of each patch have a transformer of
// their own, and what it makes of them is added to the patch's token before each block of the
// transformer on patches.

#include <array>
#include <cstdint>
#include <string>

#include "generators/ops/pool.h"
#include "generators/ops/support/epilogue.h"
#include "generators/plan/plan.h"
#include "generators/plan/plan_options.h"
#include "generators/plan/tensor_functions.h"
#include "generators/plan/tnt_names.h"
#include "generators/plan/vit_parts.h"

namespace vitgen {

/// What the convolution of a pixel sees past the edge of its patch: zeros, or the patch's
/// neighbours and zeros past the image.
enum class PixelEdge : std::uint8_t { zeros, neighbours };
inline std::vector<std::string_view> enum_names(PixelEdge) { return {"zeros", "neighbours"}; }

/// How a block turns a patch's pixels Y into what is added to its token.
enum class PixelMerge : std::uint8_t {
  joined_norm,     ///< norm2(W norm1(vec Y)), norm1 over all channels of all pixels
  norm_per_pixel,  ///< W vec(norm1(Y)) + b, norm1 over the channels of each pixel
};
inline std::vector<std::string_view> enum_names(PixelMerge) {
  return {"joined_norm", "norm_per_pixel"};
}

/// Tokens of patches before their positions are added.
enum class TntStart : std::uint8_t {
  projected,  ///< norm2(W norm1(vec Y) + b) of the embedded pixels
  zeros,      ///< as the article writes it
};
inline std::vector<std::string_view> enum_names(TntStart) { return {"projected", "zeros"}; }

/// Y {patches, pixels, inner_width} = conv(image) + pixel_position
/// Z = [cls | start(Y)] + position
/// each block:  Y += proj(attention(qkv(norm1(Y))));  Y += fc2(act(fc1(norm2(Y))))
///              Z[1:] += merge(Y)
///              Z += proj(attention(qkv(norm1(Z))));  Z += fc2(act(fc1(norm2(Z))))
/// logits = head(pool(norm(Z)))
struct TntSpec {
  static constexpr std::string_view kind = "tnt";
  static constexpr std::int64_t pixel_kernel = 7;  ///< of the convolution, in rows and in columns
  static constexpr std::int64_t pixel_before = 3;  ///< of them before a pixel's place

  // The image, as in VitSpec.
  std::int64_t channels = 3;
  std::int64_t image_h = 224;
  std::int64_t image_w = 224;
  std::int64_t patch_h = 16;
  std::int64_t patch_w = 16;
  float pixel_peak = 255;
  std::array<float, 4> mean = {0.5f, 0.5f, 0.5f, 0.5f};
  std::array<float, 4> std_dev = {0.5f, 0.5f, 0.5f, 0.5f};
  std::int64_t grid_h = 14;  ///< patch grid of the position table in the file
  std::int64_t grid_w = 14;
  tensors::Resample resample = tensors::Resample::torch_bicubic_aa;

  // The pixels of a patch.
  std::int64_t pixel_stride = 4;
  PixelEdge pixel_edge = PixelEdge::zeros;
  PatchOrder pixel_position_order = PatchOrder::chw;  ///< of the file's table
  std::int64_t inner_width = 24;
  std::int64_t inner_heads = 4;
  std::int64_t inner_mlp = 96;

  // The tokens.
  TntStart start = TntStart::projected;
  PixelMerge merge = PixelMerge::joined_norm;
  std::int64_t width = 384;
  std::int64_t depth = 12;
  std::int64_t heads = 6;
  std::int64_t mlp = 1536;
  Activation activation = Activation::gelu_erf;
  float eps = 1e-5f;
  bool qkv_bias = false;
  Pooling pooling = Pooling::token;
  std::int64_t classes = 1000;  ///< 0: no head

  TntNames names;

  std::int64_t patches() const { return (image_h / patch_h) * (image_w / patch_w); }
  std::int64_t pixels_h() const { return (patch_h + pixel_stride - 1) / pixel_stride; }
  std::int64_t pixels_w() const { return (patch_w + pixel_stride - 1) / pixel_stride; }
  std::int64_t pixels() const { return pixels_h() * pixels_w(); }  ///< of a patch

  template <class V>
  void visit(V& v) {
    visit_image(v);
    visit_pixels(v);
    visit_tokens(v);
    names.visit(v);
  }
  bool operator==(const TntSpec&) const = default;

 private:
  template <class V>
  void visit_image(V& v) {
    v("channels", channels);
    v("image_h", image_h);
    v("image_w", image_w);
    v("patch_h", patch_h);
    v("patch_w", patch_w);
    v("pixel_peak", pixel_peak);
    for (std::size_t c = 0; c < 4; ++c) {
      v("mean" + std::to_string(c), mean[c]);
      v("std" + std::to_string(c), std_dev[c]);
    }
    v("grid_h", grid_h);
    v("grid_w", grid_w);
    v("resample", resample);
  }
  template <class V>
  void visit_pixels(V& v) {
    v("pixel_stride", pixel_stride);
    v("pixel_edge", pixel_edge);
    v("pixel_position_order", pixel_position_order);
    v("inner_width", inner_width);
    v("inner_heads", inner_heads);
    v("inner_mlp", inner_mlp);
  }
  template <class V>
  void visit_tokens(V& v) {
    v("start", start);
    v("merge", merge);
    v("width", width);
    v("depth", depth);
    v("heads", heads);
    v("mlp", mlp);
    v("activation", activation);
    v("eps", eps);
    v("qkv_bias", qkv_bias);
    v("pooling", pooling);
    v("classes", classes);
  }
};

/// Throws CFG_RANGE, CFG_INCONSISTENT, CFG_BUDGET.
void check(const TntSpec& spec);

/// `spec` for the image size of `options`: the position table is resampled.
TntSpec sized_for(const TntSpec& spec, const PlanOptions& options);

/// Outputs as those of a vision transformer: logits, tokens, pooled. Throws what check() throws,
/// what lower(VitSpec) throws, and CFG_UNSUPPORTED for u8 pixels whose convolution sees the
/// neighbours: the zeros past the image are those of normalised pixels.
Plan lower(const TntSpec& spec, const PlanOptions& options);

std::string summary(const TntSpec& spec);

}  // namespace vitgen
