#include <cmath>
#include <numeric>

#include "generators/plan/resample.h"
#include "generators/plan/tensor_table.h"
#include "generators/weights/float_bits.h"

namespace vitgen {

namespace {

using Shapes = std::span<const Shape>;
using Values = std::vector<HostTensor>;

Shape mul_rows_shape(const TensorExpr& call, Shapes shapes) {
  require(shapes[1].size() == 1 && shapes[1][0] == shapes[0][0], call, "one gain for each row");
  return shapes[0];
}

HostTensor mul_rows(const TensorExpr&, Values& arguments) {
  HostTensor out = std::move(arguments[0]);
  const auto size = static_cast<std::size_t>(row_size(out.shape));
  for (std::size_t i = 0; i < out.values.size(); ++i) {
    out.values[i] *= arguments[1].values[i / size];
  }
  return out;
}

Shape mul_columns_shape(const TensorExpr& call, Shapes shapes) {
  require(shapes[0].size() == 2 && shapes[1] == Shape{shapes[0][1]}, call,
          "a matrix and a number for each column");
  return shapes[0];
}

HostTensor mul_columns(const TensorExpr&, Values& arguments) {
  HostTensor out = std::move(arguments[0]);
  const std::vector<float>& gains = arguments[1].values;
  for (std::size_t i = 0; i < out.values.size(); ++i) out.values[i] *= gains[i % gains.size()];
  return out;
}

Shape matvec_shape(const TensorExpr& call, Shapes shapes) {
  return {mul_columns_shape(call, shapes)[0]};
}

HostTensor matvec(const TensorExpr&, Values& arguments) {
  const HostTensor& matrix = arguments[0];
  const std::vector<float>& vector = arguments[1].values;
  HostTensor out{{matrix.shape[0]}, {}};
  for (auto row = matrix.values.begin(); row != matrix.values.end();) {
    double total = 0;
    for (const float v : vector) total += static_cast<double>(*row++) * static_cast<double>(v);
    out.values.push_back(static_cast<float>(total));
  }
  return out;
}

Shape row_sums_shape(const TensorExpr& call, Shapes shapes) {
  require(shapes[0].size() == 2, call, "a matrix");
  return {shapes[0][0]};
}

HostTensor row_sums(const TensorExpr&, Values& arguments) {
  const HostTensor& matrix = arguments[0];
  HostTensor out{{matrix.shape[0]}, {}};
  for (auto row = matrix.values.begin(); row != matrix.values.end(); row += matrix.shape[1]) {
    out.values.push_back(static_cast<float>(std::accumulate(row, row + matrix.shape[1], 0.0)));
  }
  return out;
}

DType narrow_type(const TensorExpr& call) {
  const std::int64_t number = integer(call, 0);
  for (const DType dtype : {DType::f16, DType::bf16}) {
    if (number == static_cast<std::int64_t>(dtype)) return dtype;
  }
  require(false, call, "a type of 16 bits");
  return DType::f32;
}

Shape rounded_shape(const TensorExpr& call, Shapes shapes) {
  narrow_type(call);
  return shapes[0];
}

HostTensor rounded(const TensorExpr& call, Values& arguments) {
  HostTensor out = std::move(arguments[0]);
  const bool half = narrow_type(call) == DType::f16;
  for (float& v : out.values) {
    v = half ? f16_to_f32(f32_to_f16(v)) : bf16_to_f32(f32_to_bf16(v));
  }
  return out;
}

Shape head_products_shape(const TensorExpr& call, Shapes shapes) {
  const std::int64_t heads = integer(call, 0);
  require(shapes[0].size() == 2 && shapes[1] == Shape{shapes[0][0]}, call,
          "a matrix and a number for each row");
  require(heads > 0 && shapes[0][0] % heads == 0, call, "heads of equal size");
  return {heads, shapes[0][1]};
}

HostTensor head_products(const TensorExpr& call, Values& arguments) {
  const HostTensor& matrix = arguments[0];
  const auto columns = static_cast<std::size_t>(matrix.shape[1]);
  const std::size_t size = arguments[1].values.size() / static_cast<std::size_t>(integer(call, 0));
  HostTensor out{{integer(call, 0), matrix.shape[1]}, {}};
  for (std::size_t first = 0; first < arguments[1].values.size(); first += size) {
    std::vector<double> totals(columns, 0.0);
    for (std::size_t row = first; row < first + size; ++row) {
      const double factor = static_cast<double>(arguments[1].values[row]);
      for (std::size_t c = 0; c < columns; ++c) {
        totals[c] += factor * static_cast<double>(matrix.values[row * columns + c]);
      }
    }
    for (const double total : totals) out.values.push_back(static_cast<float>(total));
  }
  return out;
}

Shape scale_rows_shape(const TensorExpr& call, Shapes shapes) {
  const std::int64_t first = integer(call, 0);
  const std::int64_t count = integer(call, 1);
  require(!shapes[0].empty() && first >= 0 && count > 0 && count <= shapes[0][0] - first, call,
          "rows that the tensor has");
  return shapes[0];
}

HostTensor scale_rows(const TensorExpr& call, Values& arguments) {
  HostTensor out = std::move(arguments[0]);
  const std::int64_t size = row_size(out.shape);
  const std::int64_t end = (integer(call, 0) + integer(call, 1)) * size;
  for (std::int64_t i = integer(call, 0) * size; i < end; ++i) {
    float& value = out.values[static_cast<std::size_t>(i)];
    value = static_cast<float>(value * call.numbers[2]);
  }
  return out;
}

Shape same_shape(const TensorExpr& call, Shapes shapes) {
  for (const Shape& shape : shapes) require(shape == shapes[0], call, "arguments of one shape");
  return shapes[0];
}

HostTensor scale(const TensorExpr& call, Values& arguments) {
  HostTensor out = std::move(arguments[0]);
  for (float& v : out.values) v = static_cast<float>(v * call.numbers[0]);
  return out;
}

HostTensor add(const TensorExpr&, Values& arguments) {
  HostTensor out = std::move(arguments[0]);
  for (std::size_t i = 0; i < out.values.size(); ++i) out.values[i] += arguments[1].values[i];
  return out;
}

HostTensor norm_scale(const TensorExpr& call, Values& arguments) {
  HostTensor out = std::move(arguments[0]);
  for (std::size_t i = 0; i < out.values.size(); ++i) {
    const double variance = static_cast<double>(arguments[1].values[i]) + call.numbers[0];
    out.values[i] = static_cast<float>(out.values[i] / std::sqrt(variance));
  }
  return out;
}

HostTensor norm_shift(const TensorExpr&, Values& arguments) {
  HostTensor out = std::move(arguments[0]);
  for (std::size_t i = 0; i < out.values.size(); ++i) {
    const double moved =
        static_cast<double>(arguments[1].values[i]) * static_cast<double>(arguments[2].values[i]);
    out.values[i] = static_cast<float>(out.values[i] - moved);
  }
  return out;
}

HostTensor average(const TensorExpr&, Values& arguments) {
  HostTensor out = std::move(arguments[0]);
  for (std::size_t i = 0; i < out.values.size(); ++i) {
    const double total = static_cast<double>(out.values[i]) + arguments[1].values[i];
    out.values[i] = static_cast<float>(total / 2);
  }
  return out;
}

Shape resample_shape(const TensorExpr& call, Shapes shapes) {
  const std::int64_t points = integer(call, 0) * integer(call, 1);
  require(shapes[0].size() == 2 && shapes[0][0] == points, call, "one row for each grid point");
  for (std::size_t i = 0; i < 4; ++i)
    require(integer(call, i) > 0, call, "grids that are not empty");
  const std::int64_t mode = integer(call, 4);
  const auto modes = static_cast<std::int64_t>(enum_names(tensors::Resample{}).size());
  require(mode >= 0 && mode < modes, call, "a way of resampling");
  if (static_cast<tensors::Resample>(mode) == tensors::Resample::geometric) {
    for (std::size_t i = 0; i < 4; ++i) require(integer(call, i) % 2 == 1, call, "odd grids");
  }
  return {integer(call, 2) * integer(call, 3), shapes[0][1]};
}

HostTensor resample(const TensorExpr& call, Values& arguments) {
  return resample_table(arguments[0], integer(call, 0), integer(call, 1), integer(call, 2),
                        integer(call, 3), static_cast<tensors::Resample>(integer(call, 4)));
}

void require_channels(const TensorExpr& call, Shapes shapes) {
  require(shapes[0].size() == 4, call, "a patch weight {D, channels, h, w}");
  require(shapes[0][1] == static_cast<std::int64_t>(call.numbers.size()), call,
          "one number for each channel");
}

Shape divide_channels_shape(const TensorExpr& call, Shapes shapes) {
  require_channels(call, shapes);
  return shapes[0];
}

HostTensor divide_channels(const TensorExpr& call, Values& arguments) {
  HostTensor out = std::move(arguments[0]);
  const auto pixels = static_cast<std::size_t>(out.shape[2] * out.shape[3]);
  for (std::size_t i = 0; i < out.values.size(); ++i) {
    const double divisor = call.numbers[i / pixels % call.numbers.size()];
    out.values[i] = static_cast<float>(out.values[i] / divisor);
  }
  return out;
}

Shape sum_channels_shape(const TensorExpr& call, Shapes shapes) {
  require_channels(call, shapes);
  return {shapes[0][0]};
}

HostTensor sum_channels(const TensorExpr& call, Values& arguments) {
  const HostTensor& in = arguments[0];
  const auto pixels = static_cast<std::size_t>(in.shape[2] * in.shape[3]);
  const std::size_t channels = call.numbers.size();
  HostTensor out{{in.shape[0]}, {}};
  for (std::size_t j = 0; j < static_cast<std::size_t>(in.shape[0]); ++j) {
    double total = 0;
    for (std::size_t c = 0; c < channels; ++c) {
      const auto plane = in.values.begin() + static_cast<std::int64_t>((j * channels + c) * pixels);
      total +=
          call.numbers[c] * std::accumulate(plane, plane + static_cast<std::int64_t>(pixels), 0.0);
    }
    out.values.push_back(static_cast<float>(total));
  }
  return out;
}

}  // namespace

std::span<const TensorFunction> arithmetic_functions() {
  static constexpr TensorFunction table[] = {
      {"mul_rows", 2, 0, mul_rows_shape, mul_rows},
      {"mul_columns", 2, 0, mul_columns_shape, mul_columns},
      {"matvec", 2, 0, matvec_shape, matvec},
      {"row_sums", 1, 0, row_sums_shape, row_sums},
      {"rounded", 1, 1, rounded_shape, rounded},
      {"head_products", 2, 1, head_products_shape, head_products},
      {"scale", 1, 1, same_shape, scale},
      {"scale_rows", 1, 3, scale_rows_shape, scale_rows},
      {"add", 2, 0, same_shape, add},
      {"average", 2, 0, same_shape, average},
      {"norm_scale", 2, 1, same_shape, norm_scale},
      {"norm_shift", 3, 0, same_shape, norm_shift},
      {"resample", 1, 5, resample_shape, resample},
      {"divide_channels", 1, kSome, divide_channels_shape, divide_channels},
      {"sum_channels", 1, kSome, sum_channels_shape, sum_channels},
  };
  return table;
}

}  // namespace vitgen
