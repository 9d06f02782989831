#include "generators/ops/linear.h"

#include "tools/verify/reference/activation.h"

namespace vitgen {

namespace {

ReferenceValue reference(const LinearSpec& spec, const OperandData& data, std::int64_t index) {
  const std::int64_t i = index / spec.n;
  const std::int64_t j = index % spec.n;
  double sum = spec.epilogue.bias ? data.at(2, j) : 0.0;
  double magnitude = std::abs(sum);
  for (std::int64_t k = 0; k < spec.k; ++k) {
    const std::int64_t packed = ((j / spec.panel) * spec.k + k) * spec.panel + j % spec.panel;
    const double product = data.at(0, i * spec.k + k) * data.at(1, packed);
    sum += product;
    magnitude += std::abs(product);
  }
  const double underflow = spec.k * 0x1p-149;  // products below the smallest denormal
  ReferenceValue y =
      reference_activation({sum, chain_factor(spec.k) * kUnitRoundoff * magnitude + underflow},
                           spec.epilogue.activation);
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
            return reference(typed_spec<LinearSpec>(spec), data, index);
          }};
}

}  // namespace vitgen
