#pragma once
// The functions that a TensorExpr may call, as builders. Matrices are {rows, columns} as in model
// files; everything is f32, sums and folds are done in double and rounded once.
//
// All builders only make the expression; wrong shapes are reported by shape_of and evaluate.

#include <cstdint>
#include <string>
#include <vector>

#include "generators/base/op_spec.h"
#include "generators/plan/tensor_expr.h"
#include "generators/weights/tensor_info.h"

namespace vitgen::tensors {

/// How a table of learned positions is brought to another grid; every rule is per axis, with
/// half-pixel centres where nothing else is said.
enum class Resample : std::uint8_t {
  torch_bicubic,         ///< Keys' cubic A = -0.75, 4 taps, indices clamped to the table
  torch_bicubic_aa,      ///< cubic a = -0.5, support widened by the scale, weights normalised
  torch_bilinear,        ///< 2 taps, indices clamped to the table
  torch_bicubic_offset,  ///< torch_bicubic with the scale from / (to + 0.1) in place of from / to
  linear_corners,        ///< 2 taps, the first and last points stay: scipy.ndimage.zoom, order 1
  /// Of distances -n .. n to -m .. m, odd grids: 2 taps where the n distances of the table stand at
  /// 1, 1 + q, 1 + q + q^2, ..., q in 1.01 .. 1.5 such that the last is near m; past it the last
  /// (BEiT's authors and timm, for relative positions).
  geometric,
};
inline std::vector<std::string_view> enum_names(Resample) {
  return {"torch_bicubic",        "torch_bicubic_aa", "torch_bilinear",
          "torch_bicubic_offset", "linear_corners",   "geometric"};
}

/// Where a convolution runs on a window of its own: output (r, q) has its kernel's first row and
/// column at (r, q) stride + first, which may lie before the window.
struct ConvWindow {
  std::int64_t outputs_h = 1;
  std::int64_t outputs_w = 1;
  std::int64_t height = 1;  ///< of the window, in pixels
  std::int64_t width = 1;
  std::int64_t stride = 1;
  std::int64_t first = 0;
};

/// The tensor `name` of the model file, which must have this shape.
TensorExpr leaf(std::string name, Shape shape);
TensorExpr zeros(Shape shape);
/// Along the outermost axis; the other axes are equal.
TensorExpr concat(std::vector<TensorExpr> parts);
/// Matrices with the same number of rows, side by side.
TensorExpr concat_columns(std::vector<TensorExpr> parts);
/// {rows, columns} to {columns, rows}.
TensorExpr transpose(TensorExpr matrix);
/// Axis i of the result is axis `axes[i]` of `value`; every axis once.
TensorExpr permute(TensorExpr value, const std::vector<std::int64_t>& axes);
/// Matrices along the diagonal of one that is zero elsewhere.
TensorExpr block_diagonal(std::vector<TensorExpr> parts);
/// The same values in the same order.
TensorExpr reshape(TensorExpr value, Shape shape);
/// `count` rows (slices along the outermost axis) from row `first`.
TensorExpr rows(TensorExpr value, std::int64_t first, std::int64_t count);
/// Zero rows appended until there are `count`.
TensorExpr pad(TensorExpr value, std::int64_t count);
/// Row r of `value` times gains[r]; a vector's rows are its elements.
TensorExpr mul_rows(TensorExpr value, TensorExpr gains);
/// Column c of a matrix times gains[c].
TensorExpr mul_columns(TensorExpr matrix, TensorExpr gains);
/// {rows, columns} times {columns}: {rows}.
TensorExpr matvec(TensorExpr matrix, TensorExpr vector);
/// {heads size, columns} and {heads size}: {heads, columns}, row h the sum of the rows of head h,
/// each times its number.
TensorExpr head_products(TensorExpr matrix, TensorExpr vector, std::int64_t heads);
/// {rows, columns}: {rows}, each the sum of a row.
TensorExpr row_sums(TensorExpr matrix);
/// The numbers of `dtype`, f16 or bf16, nearest to the values, as a weight of that type stores
/// them.
TensorExpr rounded(TensorExpr value, DType dtype);
TensorExpr scale(TensorExpr value, double factor);
/// Rows first .. first + count - 1 times `factor`, the others as they are.
TensorExpr scale_rows(TensorExpr value, std::int64_t first, std::int64_t count, double factor);
TensorExpr add(TensorExpr a, TensorExpr b);
/// (a + b) / 2
TensorExpr average(TensorExpr a, TensorExpr b);
/// gain / sqrt(variance + eps): the slope of a batch normalisation (Ioffe, Szegedy 2015).
TensorExpr norm_scale(TensorExpr gain, TensorExpr variance, double eps);
/// bias - mean scale: what it adds.
TensorExpr norm_shift(TensorExpr bias, TensorExpr mean, TensorExpr scale);
/// {from_h from_w, D} to {to_h to_w, D}; rows are grid points, row by row.
TensorExpr resample(TensorExpr table, std::int64_t from_h, std::int64_t from_w, std::int64_t to_h,
                    std::int64_t to_w, Resample mode);
/// Patch weight {D, channels, h, w} for pixels 0..`peak` instead of normalised ones:
/// w / (peak std[channel]).
TensorExpr fold_pixel_scale(TensorExpr weight, double peak, const std::vector<double>& std_dev);
/// What that leaves for the bias {D}: - sum over channel and pixel of w mean[channel]/std[channel].
TensorExpr pixel_offset(TensorExpr weight, const std::vector<double>& mean,
                        const std::vector<double>& std_dev);
/// {positions, D}: sin(p w) in even channels c, cos(p w) in the odd one after, w = 10000^(-c / D)
/// (Vaswani et al. 2017, section 3.5).
TensorExpr sinusoid(std::int64_t positions, std::int64_t width);
/// {grid_h grid_w, D}, D a multiple of 4: [sin(x w) | cos(x w) | sin(y w) | cos(y w)] for the point
/// in column x of row y, w = 10000^(-k / (D / 4)) for k = 0 .. D / 4 - 1 (He et al. 2022, whose
/// tables have the column first).
TensorExpr sincos_2d(std::int64_t grid_h, std::int64_t grid_w, std::int64_t width);
/// Places on a patch grid and how fast channels turn with them: the angle of channel k is
/// (first_y + y step_y) w for k < size / 4, else (first_x + x step_x) w, for the point in column x
/// of row y, w = theta^(-(k mod size / 4) / (size / 4)); the other way round with `x_first`.
struct RotaryAngles {
  std::int64_t grid_h = 1;
  std::int64_t grid_w = 1;
  std::int64_t size = 64;  ///< of a head, a multiple of 4
  double theta = 10000;
  bool x_first = false;
  double first_y = 0, step_y = 1;
  double first_x = 0, step_x = 1;
};
/// {grid_h grid_w, size / 2}: cosines, or sines, of these angles.
TensorExpr rotary_cos(const RotaryAngles& angles);
TensorExpr rotary_sin(const RotaryAngles& angles);
/// {patches, patches}: row i is the target where position i is right, n[i][j] / sum_k n[j][k] with
/// n = exp(-(squared distance of two patches) / sigma^2), the identity for sigma = 0 (DropPos; as
/// its authors' code divides, the columns add up to 1).
TensorExpr position_smoothing(std::int64_t grid_h, std::int64_t grid_w, double sigma);
/// Kernel {n, channels, h, w} to the linear map of all pixels of a window that it computes,
/// {outputs n, channels, height, width}, outputs row by row. What lies outside of the window counts
/// as zero.
TensorExpr conv_in_window(TensorExpr kernel, const ConvWindow& window);
/// {n, k} to panels {ceil(n / panel), k, panel}; the columns past n are zero.
TensorExpr pack(TensorExpr matrix, std::int64_t panel);

}  // namespace vitgen::tensors

namespace vitgen {

/// The shape that `evaluate` will give, without reading a tensor. Throws TENSOR_EXPR.
Shape shape_of(const TensorExpr& expr);

}  // namespace vitgen
