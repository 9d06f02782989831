#include "generators/plan/tensor_functions.h"

#include <utility>

namespace vitgen::tensors {

namespace {

TensorExpr call(std::string function, std::vector<TensorExpr> arguments,
                std::vector<double> numbers = {}) {
  return {.function = std::move(function),
          .tensor = {},
          .shape = {},
          .numbers = std::move(numbers),
          .arguments = std::move(arguments)};
}

/// Braces around moved expressions would copy them through std::initializer_list.
template <class... Exprs>
std::vector<TensorExpr> list(Exprs&&... exprs) {
  std::vector<TensorExpr> out;
  out.reserve(sizeof...(exprs));
  (out.push_back(std::forward<Exprs>(exprs)), ...);
  return out;
}

std::vector<double> numbers_of(const Shape& shape) { return {shape.begin(), shape.end()}; }

double number(std::int64_t value) { return static_cast<double>(value); }

}  // namespace

TensorExpr leaf(std::string name, Shape shape) {
  return {.function = "tensor",
          .tensor = std::move(name),
          .shape = std::move(shape),
          .numbers = {},
          .arguments = {}};
}

TensorExpr zeros(Shape shape) { return call("zeros", {}, numbers_of(shape)); }

TensorExpr concat(std::vector<TensorExpr> parts) { return call("concat", std::move(parts)); }

TensorExpr concat_columns(std::vector<TensorExpr> parts) {
  return call("concat_columns", std::move(parts));
}

TensorExpr transpose(TensorExpr matrix) { return call("transpose", list(std::move(matrix))); }

TensorExpr permute(TensorExpr value, const std::vector<std::int64_t>& axes) {
  return call("permute", list(std::move(value)), numbers_of(axes));
}

TensorExpr block_diagonal(std::vector<TensorExpr> parts) {
  return call("block_diagonal", std::move(parts));
}

TensorExpr reshape(TensorExpr value, Shape shape) {
  return call("reshape", list(std::move(value)), numbers_of(shape));
}

TensorExpr rows(TensorExpr value, std::int64_t first, std::int64_t count) {
  return call("rows", list(std::move(value)), {number(first), number(count)});
}

TensorExpr pad(TensorExpr value, std::int64_t count) {
  return call("pad", list(std::move(value)), {number(count)});
}

TensorExpr mul_rows(TensorExpr value, TensorExpr gains) {
  return call("mul_rows", list(std::move(value), std::move(gains)));
}

TensorExpr mul_columns(TensorExpr matrix, TensorExpr gains) {
  return call("mul_columns", list(std::move(matrix), std::move(gains)));
}

TensorExpr matvec(TensorExpr matrix, TensorExpr vector) {
  return call("matvec", list(std::move(matrix), std::move(vector)));
}

TensorExpr row_sums(TensorExpr matrix) { return call("row_sums", list(std::move(matrix))); }

TensorExpr rounded(TensorExpr value, DType dtype) {
  return call("rounded", list(std::move(value)), {number(static_cast<std::int64_t>(dtype))});
}

TensorExpr head_products(TensorExpr matrix, TensorExpr vector, std::int64_t heads) {
  return call("head_products", list(std::move(matrix), std::move(vector)), {number(heads)});
}

TensorExpr scale(TensorExpr value, double factor) {
  return call("scale", list(std::move(value)), {factor});
}

TensorExpr scale_rows(TensorExpr value, std::int64_t first, std::int64_t count, double factor) {
  return call("scale_rows", list(std::move(value)), {number(first), number(count), factor});
}

TensorExpr add(TensorExpr a, TensorExpr b) { return call("add", list(std::move(a), std::move(b))); }

TensorExpr average(TensorExpr a, TensorExpr b) {
  return call("average", list(std::move(a), std::move(b)));
}

TensorExpr norm_scale(TensorExpr gain, TensorExpr variance, double eps) {
  return call("norm_scale", list(std::move(gain), std::move(variance)), {eps});
}

TensorExpr norm_shift(TensorExpr bias, TensorExpr mean, TensorExpr scale) {
  return call("norm_shift", list(std::move(bias), std::move(mean), std::move(scale)));
}

TensorExpr resample(TensorExpr table, std::int64_t from_h, std::int64_t from_w, std::int64_t to_h,
                    std::int64_t to_w, Resample mode) {
  return call("resample", list(std::move(table)),
              {number(from_h), number(from_w), number(to_h), number(to_w),
               number(static_cast<std::int64_t>(mode))});
}

TensorExpr fold_pixel_scale(TensorExpr weight, double peak, const std::vector<double>& std_dev) {
  std::vector<double> numbers;
  for (const double deviation : std_dev) numbers.push_back(peak * deviation);
  return call("divide_channels", list(std::move(weight)), std::move(numbers));
}

TensorExpr pixel_offset(TensorExpr weight, const std::vector<double>& mean,
                        const std::vector<double>& std_dev) {
  std::vector<double> numbers;
  for (std::size_t c = 0; c < mean.size(); ++c) numbers.push_back(-mean[c] / std_dev[c]);
  return call("sum_channels", list(std::move(weight)), std::move(numbers));
}

TensorExpr sinusoid(std::int64_t positions, std::int64_t width) {
  return call("sinusoid", {}, {number(positions), number(width)});
}

TensorExpr position_smoothing(std::int64_t grid_h, std::int64_t grid_w, double sigma) {
  return call("position_smoothing", {}, {number(grid_h), number(grid_w), sigma});
}

TensorExpr sincos_2d(std::int64_t grid_h, std::int64_t grid_w, std::int64_t width) {
  return call("sincos_2d", {}, {number(grid_h), number(grid_w), number(width)});
}

namespace {

TensorExpr rotary(std::string function, const RotaryAngles& angles) {
  return call(
      std::move(function), {},
      {number(angles.grid_h), number(angles.grid_w), number(angles.size), angles.theta,
       angles.x_first ? 1.0 : 0.0, angles.first_y, angles.step_y, angles.first_x, angles.step_x});
}

}  // namespace

TensorExpr rotary_cos(const RotaryAngles& angles) { return rotary("rotary_cos", angles); }

TensorExpr rotary_sin(const RotaryAngles& angles) { return rotary("rotary_sin", angles); }

TensorExpr conv_in_window(TensorExpr kernel, const ConvWindow& window) {
  return call("conv_in_window", list(std::move(kernel)),
              {number(window.outputs_h), number(window.outputs_w), number(window.height),
               number(window.width), number(window.stride), number(window.first)});
}

TensorExpr pack(TensorExpr matrix, std::int64_t panel) {
  return call("pack", list(std::move(matrix)), {number(panel)});
}

}  // namespace vitgen::tensors
