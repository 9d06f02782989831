#pragma once
// y[b][r][c][k] = x[b][ch][r S_h + py - before][c S_w + px - before], 0 outside of the image,
// k = (ch window_h + py) window_w + px
// A window of pixels about each patch, which may overlap its neighbours': the rows that a linear
// map reads in place of a convolution. Rows may end with zeros, so that they are whole pieces of
// what a machine copies at a time.

#include "generators/ops/support/algorithm.h"
#include "generators/ops/support/image_layout.h"
#include "generators/ops/support/storage.h"

namespace vitgen {

struct ImageWindowsSpec {
  static constexpr std::string_view op = "image_windows";
  int batch = 1;
  int channels = 3;
  int height = 224;
  int width = 224;
  int stride_h = 16;  ///< S_h: pixels from one window to the next
  int stride_w = 16;
  int window_h = 19;
  int window_w = 19;
  int before = 3;  ///< rows and columns of a window before its patch
  DType storage = DType::f32;
  DType dtype = DType::f32;  ///< of the image: f32 or u8
  ImageLayout layout = ImageLayout::chw;
  int zeros = 0;  ///< at the end of each row

  int grid_h() const { return height / stride_h; }
  int grid_w() const { return width / stride_w; }
  int k() const { return channels * window_h * window_w; }
  int row() const { return k() + zeros; }

  bool valid() const {
    return are_extents({batch, channels, height, width, stride_h, stride_w, window_h, window_w,
                        before + std::int64_t{1}}) &&
           height >= stride_h && width >= stride_w &&
           are_extents({std::int64_t{channels} * window_h}) &&
           are_extents({std::int64_t{channels} * window_h * window_w}) && zeros >= 0 &&
           are_extents({std::int64_t{channels} * window_h * window_w + zeros}) &&
           is_storage(storage);
  }

  template <class V>
  void visit(V& v) {
    v("batch", batch);
    v("channels", channels);
    v("height", height);
    v("width", width);
    v("stride_h", stride_h);
    v("stride_w", stride_w);
    v("window_h", window_h);
    v("window_w", window_w);
    v("before", before);
    v.optional("storage", storage, DType::f32);
    v.optional("dtype", dtype, DType::f32);
    v.optional("layout", layout, ImageLayout::chw);
    v.optional("zeros", zeros, 0);
  }
  bool operator==(const ImageWindowsSpec&) const = default;
};

/// image {width, height, channels, batch} or {channels, width, height, batch},
/// output {k + zeros, grid_w, grid_h, batch} in storage.
std::vector<Operand> operands(const ImageWindowsSpec& spec);
double flops(const ImageWindowsSpec& spec);

struct ImageWindows {
  Algorithm algorithm;
  Halide::Func output;
  Halide::Var k, c, r, b;  ///< place in the window, column, row, image
};

ImageWindows define(const ImageWindowsSpec& spec);

}  // namespace vitgen
