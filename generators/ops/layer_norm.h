#pragma once
// y[i][c] = (x[i][c] - mean_i) / sqrt(var_i + eps) * gain[c] + bias[c], population variance over c.
// Without `affine` there is neither gain nor bias.
// Two passes over the row (Ba, Kiros, Hinton 2016; the one-pass variance loses all digits on rows
// with a large mean). Sums run over 16 fixed lanes, so their bits do not depend on the machine.

#include "generators/ops/support/algorithm.h"
#include "generators/ops/support/storage.h"

namespace vitgen {

struct LayerNormSpec {
  static constexpr std::string_view op = "layer_norm";
  int rows = 197;
  int width = 768;
  float eps = 1e-6f;
  bool affine = true;
  DType storage = DType::f32;

  bool valid() const { return are_extents({rows, width}) && is_storage(storage); }

  template <class V>
  void visit(V& v) {
    v("rows", rows);
    v("width", width);
    v("eps", eps);
    v("affine", affine);
    v.optional("storage", storage, DType::f32);
  }
  bool operator==(const LayerNormSpec&) const = default;
};

/// input {width, rows} in storage, [gain {width}, bias {width}], output {width, rows} in storage.
std::vector<Operand> operands(const LayerNormSpec& spec);
double flops(const LayerNormSpec& spec);

struct LayerNorm {
  Algorithm algorithm;
  Halide::Func lane_sum, mean, lane_squares, inv_std, output;
  Halide::Var c, i, lane;
  Halide::RDom blocks;  ///< over the row in steps of 16 lanes
};

LayerNorm define(const LayerNormSpec& spec);

}  // namespace vitgen
