#include "generators/plan/tensor_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "generators/base/error.h"
#include "generators/plan/resample.h"

namespace vitgen {

std::int64_t element_total(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

void tensor_expr_error(const TensorExpr& call, const std::string& what) {
  throw Error(ExitCode::internal, "TENSOR_EXPR", to_text(call) + ": " + what);
}

namespace {

using Shapes = std::span<const Shape>;
using Values = std::vector<HostTensor>;

std::int64_t integer(const TensorExpr& call, std::size_t index) {
  return static_cast<std::int64_t>(call.numbers.at(index));
}

std::int64_t row_size(const Shape& shape) { return element_total(shape) / shape.front(); }

void require(bool holds, const TensorExpr& call, const char* wanted) {
  if (!holds) tensor_expr_error(call, std::string("needs ") + wanted);
}

void require_arguments(const TensorExpr& call, Shapes shapes, std::size_t count) {
  require(shapes.size() == count, call, "another number of arguments");
  for (const Shape& shape : shapes) {
    require(!shape.empty() && element_total(shape) > 0, call, "arguments that are not empty");
  }
}

Shape numbers_as_shape(const TensorExpr& call, Shapes) {
  return {call.numbers.begin(), call.numbers.end()};
}

HostTensor zeros(const TensorExpr& call, Values&) {
  const Shape shape = numbers_as_shape(call, {});
  return {shape, std::vector<float>(static_cast<std::size_t>(element_total(shape)), 0.0f)};
}

Shape concat_shape(const TensorExpr& call, Shapes shapes) {
  require_arguments(call, shapes, call.arguments.size());
  require(!shapes.empty(), call, "an argument");
  Shape out = shapes[0];
  for (const Shape& shape : shapes.subspan(1)) {
    require(std::equal(shape.begin() + 1, shape.end(), out.begin() + 1, out.end()), call,
            "rows of one shape");
    out[0] += shape[0];
  }
  return out;
}

HostTensor concat(const TensorExpr&, Values& parts) {
  HostTensor out = std::move(parts[0]);
  for (std::size_t i = 1; i < parts.size(); ++i) {
    out.values.insert(out.values.end(), parts[i].values.begin(), parts[i].values.end());
    out.shape[0] += parts[i].shape[0];
    parts[i] = {};
  }
  return out;
}

Shape concat_columns_shape(const TensorExpr& call, Shapes shapes) {
  require_arguments(call, shapes, call.arguments.size());
  require(!shapes.empty(), call, "an argument");
  Shape out = {shapes[0][0], 0};
  for (const Shape& shape : shapes) {
    require(shape.size() == 2 && shape[0] == out[0], call, "matrices with the same rows");
    out[1] += shape[1];
  }
  return out;
}

HostTensor concat_columns(const TensorExpr&, Values& parts) {
  HostTensor out{{parts[0].shape[0], 0}, {}};
  for (const HostTensor& part : parts) out.shape[1] += part.shape[1];
  out.values.reserve(static_cast<std::size_t>(element_total(out.shape)));
  for (std::int64_t r = 0; r < out.shape[0]; ++r) {
    for (const HostTensor& part : parts) {
      const auto row = part.values.begin() + r * part.shape[1];
      out.values.insert(out.values.end(), row, row + part.shape[1]);
    }
  }
  return out;
}

Shape transpose_shape(const TensorExpr& call, Shapes shapes) {
  require_arguments(call, shapes, 1);
  require(shapes[0].size() == 2, call, "a matrix");
  return {shapes[0][1], shapes[0][0]};
}

HostTensor transpose(const TensorExpr&, Values& arguments) {
  const HostTensor& in = arguments[0];
  const auto height = static_cast<std::size_t>(in.shape[0]);
  const auto width = static_cast<std::size_t>(in.shape[1]);
  HostTensor out{{in.shape[1], in.shape[0]}, std::vector<float>(in.values.size())};
  for (std::size_t r = 0; r < height; ++r) {
    for (std::size_t c = 0; c < width; ++c) out.values[c * height + r] = in.values[r * width + c];
  }
  return out;
}

Shape reshape_shape(const TensorExpr& call, Shapes shapes) {
  require_arguments(call, shapes, 1);
  const Shape out = numbers_as_shape(call, shapes);
  require(element_total(out) == element_total(shapes[0]), call, "the same number of elements");
  return out;
}

HostTensor reshape(const TensorExpr& call, Values& arguments) {
  return {numbers_as_shape(call, {}), std::move(arguments[0].values)};
}

Shape rows_shape(const TensorExpr& call, Shapes shapes) {
  require_arguments(call, shapes, 1);
  const std::int64_t first = integer(call, 0);
  const std::int64_t count = integer(call, 1);
  require(first >= 0 && count > 0 && first + count <= shapes[0][0], call, "rows that exist");
  Shape out = shapes[0];
  out[0] = count;
  return out;
}

HostTensor rows(const TensorExpr& call, Values& arguments) {
  const HostTensor& in = arguments[0];
  const auto begin = in.values.begin() + integer(call, 0) * row_size(in.shape);
  HostTensor out{in.shape, {begin, begin + integer(call, 1) * row_size(in.shape)}};
  out.shape[0] = integer(call, 1);
  return out;
}

Shape pad_shape(const TensorExpr& call, Shapes shapes) {
  require_arguments(call, shapes, 1);
  require(integer(call, 0) >= shapes[0][0], call, "at least the rows that there are");
  Shape out = shapes[0];
  out[0] = integer(call, 0);
  return out;
}

HostTensor pad(const TensorExpr& call, Values& arguments) {
  HostTensor out = std::move(arguments[0]);
  out.values.resize(static_cast<std::size_t>(integer(call, 0) * row_size(out.shape)), 0.0f);
  out.shape[0] = integer(call, 0);
  return out;
}

Shape mul_rows_shape(const TensorExpr& call, Shapes shapes) {
  require_arguments(call, shapes, 2);
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

Shape same_shape(const TensorExpr& call, Shapes shapes) {
  require_arguments(call, shapes, call.arguments.size());
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

HostTensor average(const TensorExpr&, Values& arguments) {
  HostTensor out = std::move(arguments[0]);
  for (std::size_t i = 0; i < out.values.size(); ++i) {
    const double total = static_cast<double>(out.values[i]) + arguments[1].values[i];
    out.values[i] = static_cast<float>(total / 2);
  }
  return out;
}

Shape resample_shape(const TensorExpr& call, Shapes shapes) {
  require_arguments(call, shapes, 1);
  const std::int64_t points = integer(call, 0) * integer(call, 1);
  require(shapes[0].size() == 2 && shapes[0][0] == points, call, "one row for each grid point");
  require(integer(call, 2) > 0 && integer(call, 3) > 0, call, "a grid that is not empty");
  return {integer(call, 2) * integer(call, 3), shapes[0][1]};
}

HostTensor resample(const TensorExpr& call, Values& arguments) {
  return resample_table(arguments[0], integer(call, 0), integer(call, 1), integer(call, 2),
                        integer(call, 3), static_cast<tensors::Resample>(integer(call, 4)));
}

void require_channels(const TensorExpr& call, Shapes shapes) {
  require_arguments(call, shapes, 1);
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

Shape pack_shape(const TensorExpr& call, Shapes shapes) {
  require_arguments(call, shapes, 1);
  require(shapes[0].size() == 2, call, "a matrix");
  const std::int64_t panel = integer(call, 0);
  require(panel > 0, call, "a panel width");
  return {(shapes[0][0] + panel - 1) / panel, shapes[0][1], panel};
}

HostTensor pack(const TensorExpr& call, Values& arguments) {
  const HostTensor& in = arguments[0];
  HostTensor out{pack_shape(call, std::span(&in.shape, 1)), {}};
  out.values.resize(static_cast<std::size_t>(element_total(out.shape)), 0.0f);
  const auto n = static_cast<std::size_t>(in.shape[0]);
  const auto k = static_cast<std::size_t>(in.shape[1]);
  const auto panel = static_cast<std::size_t>(integer(call, 0));
  for (std::size_t j = 0; j < n; ++j) {
    float* column = &out.values[j / panel * k * panel + j % panel];
    for (std::size_t i = 0; i < k; ++i) column[i * panel] = in.values[j * k + i];
  }
  return out;
}

constexpr TensorFunction table[] = {
    {"zeros", numbers_as_shape, zeros},
    {"concat", concat_shape, concat},
    {"concat_columns", concat_columns_shape, concat_columns},
    {"transpose", transpose_shape, transpose},
    {"reshape", reshape_shape, reshape},
    {"rows", rows_shape, rows},
    {"pad", pad_shape, pad},
    {"mul_rows", mul_rows_shape, mul_rows},
    {"scale", same_shape, scale},
    {"add", same_shape, add},
    {"average", same_shape, average},
    {"resample", resample_shape, resample},
    {"divide_channels", divide_channels_shape, divide_channels},
    {"sum_channels", sum_channels_shape, sum_channels},
    {"pack", pack_shape, pack},
};

}  // namespace

const TensorFunction& find_tensor_function(std::string_view name) {
  for (const TensorFunction& function : table) {
    if (function.name == name) return function;
  }
  throw Error(ExitCode::internal, "TENSOR_EXPR",
              "no tensor function is called '" + printable(name) + "'");
}

}  // namespace vitgen
