#pragma once
// y[i][j] = activation(sum_k x[i][k] w[j][k] + bias[j]) + residual[i][j]
// i: rows (batch x tokens), j: output channels, k: input channels, summed in the order of k.
// With compute = bf16, x and w are rounded to bf16 and the products are summed in f32.
// With storage = f16 or bf16, x, w, residual and y are that in memory; products, sums and all else
// are f32, and y is rounded once. In which order 16-bit products are summed is the machine's
// matter, and so for the sums below, which are for such products only.
//
// `normalized`: the product of rows that a LayerNorm with neither gain nor bias makes of x, without
// these rows in memory:
//   y[i][j] = activation((sum_k x[i][k] w[j][k] - mean_i column_sums[j]) / sqrt(var_i + eps)
//                        + bias[j]) + residual[i][j]
// column_sums[j] = sum_k w[j][k], of w as it is stored; mean and var of row i of x by its
// statistics, as row_statistics.h has them. A mean far above the deviation cancels in f32, as it
// does in 16 bits when x is stored.
// `statistics`: those of y, as it is stored, are a second output.

#include "generators/ops/support/algorithm.h"
#include "generators/ops/support/epilogue.h"
#include "generators/ops/support/gradient.h"
#include "generators/ops/support/row_statistics.h"
#include "generators/ops/support/storage.h"

namespace vitgen {

/// What the factors of a product are rounded to; sums are f32.
enum class Compute : std::uint8_t { f32, bf16 };
inline std::vector<std::string_view> enum_names(Compute) { return {"f32", "bf16"}; }

/// Definitions of the same sum for different machines.
enum class LinearForm : std::uint8_t {
  plain,  ///< one chain of multiply-adds per output
  /// The same chain over copies of the operands that are defined beyond the edges, so that tiles of
  /// one size cover any shape.
  clamped_tiles,
  microkernel_tiles,  ///< the sum by a micro-kernel on bf16 tiles; in the order that it adds
};
inline std::vector<std::string_view> enum_names(LinearForm) {
  return {"plain", "clamped_tiles", "microkernel_tiles"};
}

struct LinearSpec {
  static constexpr std::string_view op = "linear";
  using Form = LinearForm;
  int rows = 1;
  int k = 1;
  int n = 1;
  /// Columns stored together: w is packed as [n/panel][k][panel], zero padded. 1 where storage is
  /// not f32: w is [n][k], as tensor cores read it.
  int panel = 16;
  Epilogue epilogue = {};
  Compute compute = Compute::f32;
  DType storage = DType::f32;  ///< not f32 only with compute = f32
  bool f32_output = false;     ///< y is f32 although storage is not
  bool normalized = false;
  float eps = 0;  ///< of the LayerNorm
  bool statistics = false;

  bool valid() const {
    const bool plain = storage == DType::f32 && !f32_output && !normalized && !statistics;
    const bool narrow = storage != DType::f32 && panel == 1 && compute == Compute::f32 &&
                        !(f32_output && statistics);
    return are_extents({rows, k, n, panel}) && is_storage(storage) && (plain || narrow) &&
           (normalized ? eps >= 0 : eps == 0);
  }

  template <class V>
  void visit(V& v) {
    v("rows", rows);
    v("k", k);
    v("n", n);
    v("panel", panel);
    v("compute", compute);
    epilogue.visit(v);
    v.optional("storage", storage, DType::f32);
    v.optional("f32_output", f32_output, false);
    v.optional("normalized", normalized, false);
    v.optional("eps", eps, 0.0f);
    v.optional("statistics", statistics, false);
  }
  bool operator==(const LinearSpec&) const = default;
};

/// The panel width in which a weight with n output channels is stored, for every machine:
/// the one of {48, 32, 16} that wastes the fewest columns, the widest of equals. All three are
/// whole numbers of 8- and 16-lane vectors.
int panel_width(int n);
inline constexpr int kMaxPanel = 48;

/// n rounded up to whole panels.
int padded(int n, int panel);

/// Input channels of one tile of bf16; a bf16 weight is stored in pairs of channels, padded with
/// zeros to whole tiles.
inline constexpr int kTileDepth = 32;

/// input {k, rows}, weight, [bias {padded n}], [column_sums {n}], [residual {n, rows}],
/// [input_statistics {2, groups of k, rows}], output {n, rows}, [statistics {2, groups of n,
/// rows}]. The weight is f32 {panel, k, panels} or, with compute = bf16, bf16 {2, panel, padded k /
/// 2, panels}, or in storage {k, n}. The bias, sums and statistics are f32.
std::vector<Operand> operands(const LinearSpec& spec);
double flops(const LinearSpec& spec);
/// The weight loses its panels.
LinearSpec stored_as(LinearSpec spec, DType storage);
inline bool one_order(const LinearSpec& spec) {
  return spec.compute == Compute::f32 && spec.storage == DType::f32;
}

struct Linear {
  Algorithm algorithm;
  Halide::Func acc;
  Halide::Func output;
  Halide::Var j, i;
  Halide::RDom k;  ///< not in microkernel_tiles
  // clamped_tiles: input_tile(c, i), weight_tile(j, c)
  Halide::Func input_tile, weight_tile;
  // microkernel_tiles: packed(c, i, t), the rows in bf16, channel c of tile t
  Halide::Func packed;
  Halide::Var c, t;
  RowMoments moments;        ///< where normalized
  RowStatistics statistics;  ///< where wanted
};

/// The forms that are defined for the spec, plain first.
std::vector<LinearForm> forms(const LinearSpec& spec);
/// `rows_of_call`: that one call of the micro-kernel computes, in microkernel_tiles; 0 for all.
Linear define(const LinearSpec& spec, LinearForm form = LinearForm::plain, int rows_of_call = 0);

/// Gradients of a loss, given d_output = d loss / d y, as kernels of their own:
///   d_sum[i][j]    = d_output[i][j] activation'(sum_k x[i][k] w[j][k] + bias[j])
///   d_input[i][k]  = sum_j d_sum[i][j] w[j][k]
///   d_weight[j][k] = sum_i d_sum[i][j] x[i][k]    stored like w, zero where w is padded
///   d_bias[j]      = sum_i d_sum[i][j]            stored like bias
/// The residual's gradient is d_output itself. Without an activation d_sum is d_output, and only
/// the other three are needed.
///
/// The argument of the activation is computed again instead of being kept: the forward kernel stays
/// as it is and no rows x n buffer lives until the backward pass, for one product more.
struct LinearGradient {
  GradientKernel d_sum;     ///< operands of the op without residual, d_output {n, rows}; {n, rows}
  GradientKernel d_input;   ///< d_sum, weight; {k, rows}
  GradientKernel d_weight;  ///< d_sum, input; {panel, k, panels}
  GradientKernel d_bias;    ///< d_sum; {padded n}
};

/// Throws GRADIENT_COMPUTE unless spec.compute and spec.storage are f32.
LinearGradient define_gradient(const LinearSpec& spec);

}  // namespace vitgen
