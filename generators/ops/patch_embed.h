#pragma once
// y[b][r][c][j] = sum_{ch,py,px} x[b][ch][r P + py][c P + px] w[j][ch][py][px] + bias[j]
// A convolution whose stride is its kernel: the linear map of each flattened patch. The sum runs
// in the order (channel, row, column), so it has the bits of `linear` on the unfolded patches.
// With storage = f16 or bf16, x is rounded to it, w and y are that in memory, and the order of the
// sum is the machine's matter, as in linear.h.

#include "generators/ops/support/algorithm.h"
#include "generators/ops/support/image_layout.h"
#include "generators/ops/support/storage.h"

namespace vitgen {

/// Definitions of the same sum for different machines.
enum class PatchEmbedForm : std::uint8_t {
  plain,  ///< one chain of multiply-adds per output
  /// The same chain over copies of the operands that are defined beyond the edges, so that tiles of
  /// one size cover any grid.
  clamped_tiles,
};
inline std::vector<std::string_view> enum_names(PatchEmbedForm) {
  return {"plain", "clamped_tiles"};
}

struct PatchEmbedSpec {
  static constexpr std::string_view op = "patch_embed";
  using Form = PatchEmbedForm;
  int batch = 1;
  int channels = 3;
  int height = 224;  ///< of the image, in pixels; rows and columns past the last whole patch
  int width = 224;   ///< are not read
  int patch_h = 16;
  int patch_w = 16;
  int n = 768;
  int panel = 48;  ///< 1 where storage is not f32, as in linear.h
  bool bias = true;
  DType dtype = DType::f32;  ///< of the image: f32, or u8 with the normalisation in the weights
  ImageLayout layout = ImageLayout::chw;
  DType storage = DType::f32;

  int grid_h() const { return height / patch_h; }
  int grid_w() const { return width / patch_w; }
  int k() const { return channels * patch_h * patch_w; }

  bool valid() const {
    return are_extents({batch, channels, height, width, patch_h, patch_w, n, panel}) &&
           height >= patch_h && width >= patch_w && is_storage(storage) &&
           (storage == DType::f32 || panel == 1) &&
           are_extents({std::int64_t{channels} * patch_h}) &&
           are_extents({std::int64_t{channels} * patch_h * patch_w});
  }

  template <class V>
  void visit(V& v) {
    v("batch", batch);
    v("channels", channels);
    v("height", height);
    v("width", width);
    v("patch_h", patch_h);
    v("patch_w", patch_w);
    v("n", n);
    v("panel", panel);
    v("bias", bias);
    v("dtype", dtype);
    v("layout", layout);
    v.optional("storage", storage, DType::f32);
  }
  bool operator==(const PatchEmbedSpec&) const = default;
};

/// image {width, height, channels, batch} or {channels, width, height, batch},
/// weight {panel, k, panels} or in storage {k, n}, with k in the order (channel, row, column),
/// [bias {padded n}], output {n, grid_w, grid_h, batch} in storage.
std::vector<Operand> operands(const PatchEmbedSpec& spec);
double flops(const PatchEmbedSpec& spec);
/// The weight loses its panels.
PatchEmbedSpec stored_as(PatchEmbedSpec spec, DType storage);
inline bool one_order(const PatchEmbedSpec& spec) { return spec.storage == DType::f32; }

struct PatchEmbed {
  Algorithm algorithm;
  Halide::Func acc;
  Halide::Func output;
  Halide::Var j, c, r, b;  ///< output channel, patch column, patch row, image
  Halide::RDom k;  ///< plain: (x, y, z) = (pixel column, pixel row, channel), else all as one
  // clamped_tiles: input_tile(t, c, r, b), weight_tile(j, t)
  Halide::Func input_tile, weight_tile;
  Halide::Var t;  ///< (x, y, z) as one
};

std::vector<PatchEmbedForm> forms(const PatchEmbedSpec& spec);
PatchEmbed define(const PatchEmbedSpec& spec, PatchEmbedForm form = PatchEmbedForm::plain);

}  // namespace vitgen
