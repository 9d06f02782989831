#pragma once
// y[i][j] = activation(sum_k x[i][k] w[j][k] + bias[j]) + residual[i][j]
// i: rows (batch x tokens), j: output channels, k: input channels, summed in the order of k.
// With compute = bf16, x and w are rounded to bf16 and the products are summed in f32.

#include "generators/ops/support/algorithm.h"
#include "generators/ops/support/epilogue.h"
#include "generators/ops/support/gradient.h"

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
  int panel = 16;  ///< columns stored together: w is packed as [n/panel][k][panel], zero padded
  Epilogue epilogue = {};
  Compute compute = Compute::f32;

  bool valid() const { return are_extents({rows, k, n, panel}); }

  template <class V>
  void visit(V& v) {
    v("rows", rows);
    v("k", k);
    v("n", n);
    v("panel", panel);
    v("compute", compute);
    epilogue.visit(v);
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

/// input {k, rows}, weight, [bias {padded n}], [residual {n, rows}], output {n, rows}.
/// The weight is f32 {panel, k, panels} or bf16 {2, panel, padded k / 2, panels}.
std::vector<Operand> operands(const LinearSpec& spec);
double flops(const LinearSpec& spec);

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

/// Throws GRADIENT_COMPUTE unless spec.compute is f32.
LinearGradient define_gradient(const LinearSpec& spec);

}  // namespace vitgen
