#pragma once
// y[b][ch][r S + v][q S + u] = x[b][P + r grid_w + q][(ch S + v) S + u]
// Channels of each patch become a square of S x S pixels (Shi et al. 2016); the P tokens before the
// patches are not read.

#include "generators/ops/support/algorithm.h"

namespace vitgen {

struct PixelShuffleSpec {
  static constexpr std::string_view op = "pixel_shuffle";
  int batch = 1;
  int prefix = 1;  ///< P
  int grid_h = 14;
  int grid_w = 14;
  int channels = 3;
  int stride = 16;  ///< S, in pixels

  int height() const { return grid_h * stride; }
  int width() const { return grid_w * stride; }
  int tokens() const { return prefix + grid_h * grid_w; }
  int row() const { return channels * stride * stride; }

  bool valid() const {
    return are_extents({batch, prefix + std::int64_t{1}, grid_h, grid_w, channels, stride}) &&
           are_extents({std::int64_t{grid_h} * stride, std::int64_t{grid_w} * stride,
                        prefix + std::int64_t{grid_h} * grid_w, std::int64_t{stride} * stride}) &&
           are_extents({std::int64_t{channels} * stride * stride});
  }

  template <class V>
  void visit(V& v) {
    v("batch", batch);
    v("prefix", prefix);
    v("grid_h", grid_h);
    v("grid_w", grid_w);
    v("channels", channels);
    v("stride", stride);
  }
  bool operator==(const PixelShuffleSpec&) const = default;
};

/// input {channels S S, tokens, batch}, output {width, height, channels, batch}.
std::vector<Operand> operands(const PixelShuffleSpec& spec);
double flops(const PixelShuffleSpec& spec);
double bytes(const PixelShuffleSpec& spec);

struct PixelShuffle {
  Algorithm algorithm;
  Halide::Func output;
  Halide::Var x, y, c, b;
};

PixelShuffle define(const PixelShuffleSpec& spec);

}  // namespace vitgen
