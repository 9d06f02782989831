#include "generators/ops/linear.h"

#include "tools/verify/reference/activation.h"
#include "tools/verify/reference/row_statistics.h"
#include "tools/verify/reference/storage.h"

namespace vitgen {

namespace {

constexpr double kSmallestNormal = 0x1p-126;

/// The factors of one product.
struct Factors {
  double x, w;
};

Factors factors(const LinearSpec& spec, const OperandData& data, std::int64_t i, std::int64_t j,
                std::int64_t k) {
  const double x = data.at(0, i * spec.k + k);
  if (spec.storage != DType::f32) return {x, data.at(1, j * spec.k + k)};
  const std::int64_t panel = j / spec.panel;
  const std::int64_t column = j % spec.panel;
  if (spec.compute == Compute::f32) {
    return {x, data.at(1, (panel * spec.k + k) * spec.panel + column)};
  }
  const std::int64_t pairs = padded(spec.k, kTileDepth) / 2;
  const std::int64_t pair = (panel * pairs + k / 2) * spec.panel + column;
  return {rounded_to(x, DType::bf16), data.at(1, 2 * pair + k % 2)};
}

// What may be lost to small numbers: in f32 products below the smallest denormal. Instructions for
// bf16 take denormal factors and results for zero.
double underflow(const LinearSpec& spec, const Factors& f) {
  if (spec.compute == Compute::f32) return 0x1p-149;
  const bool denormal = std::abs(f.x) < kSmallestNormal || std::abs(f.w) < kSmallestNormal;
  return kSmallestNormal + (denormal ? std::abs(f.x * f.w) : 0.0);
}

// Tensor cores cut off what they do not add, where other units round: each of their additions, one
// for 16 products, loses u of the partial sum on the average, always in the same direction (Fasi,
// Higham, Mikaitis and Pranesh, Numerical behavior of NVIDIA tensor cores, 2021).
double sum_factor(const LinearSpec& spec) {
  return chain_factor(spec.k) + (spec.storage == DType::f32 ? 0.0 : spec.k / 16.0);
}

/// Places of operands; those that the layer lacks are never asked for.
struct Places {
  explicit Places(const LinearSpec& spec) {
    const auto take = [this](bool has) { return has ? next++ : 0; };
    bias = take(spec.epilogue.bias);
    column_sums = take(spec.normalized);
    residual = take(spec.epilogue.residual);
    input_statistics = take(spec.normalized);
    output = next;
  }
  std::size_t next = 2;
  std::size_t bias, column_sums, residual, input_statistics, output;
};

ReferenceValue sum_of_products(const LinearSpec& spec, const OperandData& data, std::int64_t i,
                               std::int64_t j, double first) {
  double sum = first;
  double magnitude = std::abs(sum);
  double lost = 0;
  for (std::int64_t k = 0; k < spec.k; ++k) {
    const Factors f = factors(spec, data, i, j, k);
    sum += f.x * f.w;
    magnitude += std::abs(f.x * f.w);
    lost += underflow(spec, f);
  }
  return {sum, sum_factor(spec) * kUnitRoundoff * magnitude + lost};
}

// The difference rounds twice, and is off by what the mean is, times the column's sum; so does its
// product with 1 / deviation.
ReferenceValue normalized_sum(const LinearSpec& spec, const OperandData& data, std::int64_t i,
                              std::int64_t j) {
  constexpr double u = kUnitRoundoff;
  const Places places(spec);
  const ReferenceValue sum = sum_of_products(spec, data, i, j, 0);
  const auto [mean, inv_std] =
      reference_moments(data, places.input_statistics, i, spec.k, spec.eps);
  const double columns = data.at(places.column_sums, j);
  const double bias = spec.epilogue.bias ? data.at(places.bias, j) : 0.0;
  const double centred = sum.value - mean.value * columns;
  const double off = sum.bound + mean.bound * std::abs(columns) +
                     u * (std::abs(mean.value * columns) + std::abs(centred));
  const double scaled = centred * inv_std.value;
  const double value = scaled + bias;
  return {value, off * (inv_std.value + inv_std.bound) + std::abs(centred) * inv_std.bound +
                     u * (std::abs(scaled) + std::abs(value))};
}

ReferenceValue reference(const LinearSpec& spec, const OperandData& data, std::int64_t index) {
  const Places places(spec);
  const std::int64_t i = index / spec.n;
  const std::int64_t j = index % spec.n;
  if (i >= spec.rows) {
    return reference_statistic(data, places.output, spec.n,
                               index - std::int64_t{spec.rows} * spec.n);
  }
  const double bias = spec.epilogue.bias ? data.at(places.bias, j) : 0.0;
  ReferenceValue y = reference_activation(
      spec.normalized ? normalized_sum(spec, data, i, j) : sum_of_products(spec, data, i, j, bias),
      spec.epilogue.activation);
  if (spec.epilogue.residual) {
    y.value += data.at(places.residual, index);
    y.bound += kUnitRoundoff * std::abs(y.value);
  }
  y.bound += 2 * kUnitRoundoff * std::abs(y.value);
  return stored(y, spec.f32_output ? DType::f32 : spec.storage);
}

}  // namespace

template <>
ReferenceEntry reference_entry<LinearSpec>() {
  return {LinearSpec::op, [](const OpSpec& spec, const OperandData& data, std::int64_t index) {
            return reference(typed_spec<LinearSpec>(spec), data, index);
          }};
}

}  // namespace vitgen
