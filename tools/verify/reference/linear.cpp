#include "generators/ops/linear.h"

#include "tools/verify/reference/activation.h"
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

ReferenceValue reference(const LinearSpec& spec, const OperandData& data, std::int64_t index) {
  const std::int64_t i = index / spec.n;
  const std::int64_t j = index % spec.n;
  double sum = spec.epilogue.bias ? data.at(2, j) : 0.0;
  double magnitude = std::abs(sum);
  double lost = 0;
  for (std::int64_t k = 0; k < spec.k; ++k) {
    const Factors f = factors(spec, data, i, j, k);
    sum += f.x * f.w;
    magnitude += std::abs(f.x * f.w);
    lost += underflow(spec, f);
  }
  ReferenceValue y = reference_activation(
      {sum, sum_factor(spec) * kUnitRoundoff * magnitude + lost}, spec.epilogue.activation);
  if (spec.epilogue.residual) {
    y.value += data.at(data.size() - 2, index);
    y.bound += kUnitRoundoff * std::abs(y.value);
  }
  y.bound += 2 * kUnitRoundoff * std::abs(y.value);
  return y;
}

}  // namespace

template <>
ReferenceEntry reference_entry<LinearSpec>() {
  return {LinearSpec::op, [](const OpSpec& spec, const OperandData& data, std::int64_t index) {
            const auto typed = typed_spec<LinearSpec>(spec);
            return stored(reference(typed, data, index),
                          typed.f32_output ? DType::f32 : typed.storage);
          }};
}

}  // namespace vitgen
