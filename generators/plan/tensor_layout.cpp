#include <algorithm>

#include "generators/plan/conv_window.h"
#include "generators/plan/tensor_table.h"

namespace vitgen {

namespace {

using Shapes = std::span<const Shape>;
using Values = std::vector<HostTensor>;

Shape numbers_as_shape(const TensorExpr& call, Shapes) {
  return {call.numbers.begin(), call.numbers.end()};
}

HostTensor zeros(const TensorExpr& call, Values&) {
  const Shape shape = numbers_as_shape(call, {});
  return {shape, std::vector<float>(static_cast<std::size_t>(element_total(shape)), 0.0f)};
}

Shape concat_shape(const TensorExpr& call, Shapes shapes) {
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

/// The axes of the argument in the order of the result.
std::vector<std::size_t> permuted_axes(const TensorExpr& call, std::size_t rank) {
  std::vector<std::size_t> axes;
  std::vector<bool> seen(rank, false);
  for (std::size_t i = 0; i < call.numbers.size(); ++i) {
    const std::int64_t axis = integer(call, i);
    const bool there = axis >= 0 && axis < static_cast<std::int64_t>(rank);
    require(there && !seen[static_cast<std::size_t>(axis)], call, "each axis once");
    axes.push_back(static_cast<std::size_t>(axis));
    seen[axes.back()] = true;
  }
  require(axes.size() == rank, call, "each axis once");
  return axes;
}

Shape permute_shape(const TensorExpr& call, Shapes shapes) {
  Shape out;
  for (const std::size_t axis : permuted_axes(call, shapes[0].size())) {
    out.push_back(shapes[0][axis]);
  }
  return out;
}

HostTensor permute(const TensorExpr& call, Values& arguments) {
  const HostTensor& in = arguments[0];
  const std::vector<std::size_t> axes = permuted_axes(call, in.shape.size());
  HostTensor out{permute_shape(call, std::span(&in.shape, 1)), {}};
  Shape steps(axes.size(), 1);  // elements of `in` between neighbours along an axis of `out`
  for (std::size_t i = 0; i < axes.size(); ++i) {
    for (std::size_t a = axes[i] + 1; a < in.shape.size(); ++a) steps[i] *= in.shape[a];
  }
  Shape index(axes.size(), 0);
  out.values.reserve(in.values.size());
  for (std::int64_t at = 0; out.values.size() < in.values.size();) {
    out.values.push_back(in.values[static_cast<std::size_t>(at)]);
    for (std::size_t i = axes.size(); i-- > 0;) {
      at += steps[i];
      if (++index[i] < out.shape[i]) break;
      at -= steps[i] * out.shape[i];
      index[i] = 0;
    }
  }
  return out;
}

Shape block_diagonal_shape(const TensorExpr& call, Shapes shapes) {
  Shape out = {0, 0};
  for (const Shape& shape : shapes) {
    require(shape.size() == 2, call, "matrices");
    out[0] += shape[0];
    out[1] += shape[1];
  }
  return out;
}

HostTensor block_diagonal(const TensorExpr& call, Values& parts) {
  std::vector<Shape> shapes;
  for (const HostTensor& part : parts) shapes.push_back(part.shape);
  HostTensor out{block_diagonal_shape(call, shapes), {}};
  out.values.resize(static_cast<std::size_t>(element_total(out.shape)), 0.0f);
  auto corner = out.values.begin();
  for (const HostTensor& part : parts) {
    for (std::int64_t r = 0; r < part.shape[0]; ++r) {
      std::copy_n(part.values.begin() + r * part.shape[1], part.shape[1],
                  corner + r * out.shape[1]);
    }
    const bool last = &part == &parts.back();
    if (!last) corner += part.shape[0] * out.shape[1] + part.shape[1];
  }
  return out;
}

Shape reshape_shape(const TensorExpr& call, Shapes shapes) {
  const Shape out = numbers_as_shape(call, shapes);
  require(element_total(out) == element_total(shapes[0]), call, "the same number of elements");
  return out;
}

HostTensor reshape(const TensorExpr& call, Values& arguments) {
  return {numbers_as_shape(call, {}), std::move(arguments[0].values)};
}

Shape rows_shape(const TensorExpr& call, Shapes shapes) {
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

tensors::ConvWindow conv_window(const TensorExpr& call) {
  return {integer(call, 0), integer(call, 1), integer(call, 2),
          integer(call, 3), integer(call, 4), integer(call, 5)};
}

Shape conv_in_window_shape(const TensorExpr& call, Shapes shapes) {
  require(shapes[0].size() == 4, call, "a kernel {n, channels, h, w}");
  for (std::size_t i = 0; i < 5; ++i) require(integer(call, i) > 0, call, "positive extents");
  return windowed_shape(shapes[0], conv_window(call));
}

HostTensor conv_in_window(const TensorExpr& call, Values& arguments) {
  return windowed_kernel(arguments[0], conv_window(call));
}

Shape pack_shape(const TensorExpr& call, Shapes shapes) {
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

}  // namespace

std::span<const TensorFunction> layout_functions() {
  static constexpr TensorFunction table[] = {
      {"zeros", 0, kSome, numbers_as_shape, zeros},
      {"concat", kSome, 0, concat_shape, concat},
      {"concat_columns", kSome, 0, concat_columns_shape, concat_columns},
      {"transpose", 1, 0, transpose_shape, transpose},
      {"permute", 1, kSome, permute_shape, permute},
      {"block_diagonal", kSome, 0, block_diagonal_shape, block_diagonal},
      {"reshape", 1, kSome, reshape_shape, reshape},
      {"rows", 1, 2, rows_shape, rows},
      {"pad", 1, 1, pad_shape, pad},
      {"conv_in_window", 1, 6, conv_in_window_shape, conv_in_window},
      {"pack", 1, 1, pack_shape, pack},
  };
  return table;
}

}  // namespace vitgen
