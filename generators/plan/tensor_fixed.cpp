#include <cmath>

#include "generators/plan/tensor_table.h"

namespace vitgen {

namespace {

using Shapes = std::span<const Shape>;
using Values = std::vector<HostTensor>;

double wave_number(std::int64_t numerator, std::int64_t denominator) {
  return std::pow(10000.0, -static_cast<double>(numerator) / static_cast<double>(denominator));
}

Shape sinusoid_shape(const TensorExpr& call, Shapes) {
  require(integer(call, 0) > 0 && integer(call, 1) > 0, call, "positions and channels");
  return {integer(call, 0), integer(call, 1)};
}

HostTensor sinusoid(const TensorExpr& call, Values&) {
  HostTensor out{sinusoid_shape(call, {}), {}};
  const std::int64_t width = out.shape[1];
  for (std::int64_t p = 0; p < out.shape[0]; ++p) {
    for (std::int64_t c = 0; c < width; ++c) {
      const double angle = static_cast<double>(p) * wave_number(c - c % 2, width);
      out.values.push_back(static_cast<float>(c % 2 == 0 ? std::sin(angle) : std::cos(angle)));
    }
  }
  return out;
}

Shape sincos_2d_shape(const TensorExpr& call, Shapes) {
  require(integer(call, 0) > 0 && integer(call, 1) > 0, call, "a grid that is not empty");
  require(integer(call, 2) > 0 && integer(call, 2) % 4 == 0, call, "a multiple of 4 channels");
  return {integer(call, 0) * integer(call, 1), integer(call, 2)};
}

HostTensor sincos_2d(const TensorExpr& call, Values&) {
  HostTensor out{sincos_2d_shape(call, {}), {}};
  const std::int64_t columns = integer(call, 1);
  const std::int64_t quarter = out.shape[1] / 4;
  for (std::int64_t i = 0; i < out.shape[0]; ++i) {
    for (const std::int64_t coordinate : {i % columns, i / columns}) {
      for (std::int64_t c = 0; c < 2 * quarter; ++c) {
        const double angle = static_cast<double>(coordinate) * wave_number(c % quarter, quarter);
        out.values.push_back(static_cast<float>(c < quarter ? std::sin(angle) : std::cos(angle)));
      }
    }
  }
  return out;
}

Shape position_smoothing_shape(const TensorExpr& call, Shapes) {
  require(integer(call, 0) > 0 && integer(call, 1) > 0, call, "a grid that is not empty");
  require(call.numbers.at(2) >= 0, call, "a width that is not negative");
  const std::int64_t patches = integer(call, 0) * integer(call, 1);
  return {patches, patches};
}

HostTensor position_smoothing(const TensorExpr& call, Values&) {
  HostTensor out{position_smoothing_shape(call, {}), {}};
  const std::int64_t columns = integer(call, 1);
  const std::int64_t patches = out.shape[0];
  const double sigma = call.numbers.at(2);
  const auto nearness = [&](std::int64_t i, std::int64_t j) {
    const auto rows = static_cast<double>(i / columns - j / columns);
    const auto across = static_cast<double>(i % columns - j % columns);
    if (sigma == 0) return i == j ? 1.0 : 0.0;
    return std::exp(-(rows * rows + across * across) / (sigma * sigma));
  };
  std::vector<double> sums(static_cast<std::size_t>(patches), 0.0);
  for (std::int64_t j = 0; j < patches; ++j) {
    for (std::int64_t k = 0; k < patches; ++k) sums[static_cast<std::size_t>(j)] += nearness(j, k);
  }
  for (std::int64_t i = 0; i < patches; ++i) {
    for (std::int64_t j = 0; j < patches; ++j) {
      out.values.push_back(static_cast<float>(nearness(i, j) / sums[static_cast<std::size_t>(j)]));
    }
  }
  return out;
}

Shape rotary_shape(const TensorExpr& call, Shapes) {
  require(integer(call, 0) > 0 && integer(call, 1) > 0, call, "a grid that is not empty");
  require(integer(call, 2) > 0 && integer(call, 2) % 4 == 0, call, "a multiple of 4 channels");
  require(call.numbers.at(3) > 0, call, "a base that is positive");
  return {integer(call, 0) * integer(call, 1), integer(call, 2) / 2};
}

template <double (*Wave)(double)>
HostTensor rotary(const TensorExpr& call, Values&) {
  HostTensor out{rotary_shape(call, {}), {}};
  const std::int64_t columns = integer(call, 1);
  const std::int64_t quarter = out.shape[1] / 2;
  const std::vector<double>& n = call.numbers;
  for (std::int64_t i = 0; i < out.shape[0]; ++i) {
    const double y = n[5] + static_cast<double>(i / columns) * n[6];
    const double x = n[7] + static_cast<double>(i % columns) * n[8];
    const bool x_first = integer(call, 4) != 0;
    for (const double place : {x_first ? x : y, x_first ? y : x}) {
      for (std::int64_t k = 0; k < quarter; ++k) {
        const double power = -static_cast<double>(k) / static_cast<double>(quarter);
        out.values.push_back(static_cast<float>(Wave(place * std::pow(n[3], power))));
      }
    }
  }
  return out;
}

double cosine(double angle) { return std::cos(angle); }
double sine(double angle) { return std::sin(angle); }

}  // namespace

std::span<const TensorFunction> fixed_functions() {
  static constexpr TensorFunction table[] = {
      {"sinusoid", 0, 2, sinusoid_shape, sinusoid},
      {"sincos_2d", 0, 3, sincos_2d_shape, sincos_2d},
      {"rotary_cos", 0, 9, rotary_shape, rotary<cosine>},
      {"rotary_sin", 0, 9, rotary_shape, rotary<sine>},
      {"position_smoothing", 0, 3, position_smoothing_shape, position_smoothing},
  };
  return table;
}

}  // namespace vitgen
