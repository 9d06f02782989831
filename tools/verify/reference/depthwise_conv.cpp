#include "generators/ops/depthwise_conv.h"

#include "tools/verify/reference/activation.h"
#include "tools/verify/reference/storage.h"

namespace vitgen {

namespace {

ReferenceValue reference(const DepthwiseConvSpec& spec, const OperandData& data,
                         std::int64_t index) {
  const std::int64_t c = index % spec.width;
  const std::int64_t t = index / spec.width % spec.tokens;
  const std::int64_t row = index - c;
  double sum = data.at(2, t);
  double magnitude = std::abs(sum);
  for (std::int64_t k = 0; k < spec.taps; ++k) {
    const std::int64_t from = c + k - spec.before;
    if (from < 0 || from >= spec.width) continue;
    const double product = data.at(1, t * spec.taps + k) * data.at(0, row + from);
    sum += product;
    magnitude += std::abs(product);
  }
  const double u = kUnitRoundoff;
  const double lost = spec.taps * 0x1p-149;  // products below the smallest denormal
  const ReferenceValue activated =
      reference_activation({sum, chain_factor(spec.taps) * u * magnitude + lost}, spec.activation);
  const double scaled = activated.value * data.at(3, t);
  const double normed = scaled + data.at(4, t);
  const double y = data.at(0, index) + normed;
  return {y, std::abs(data.at(3, t)) * activated.bound * (1 + 4 * u) +
                 u * (std::abs(scaled) + std::abs(normed) + std::abs(y)) + 0x1p-149};
}

}  // namespace

template <>
ReferenceEntry reference_entry<DepthwiseConvSpec>() {
  return {DepthwiseConvSpec::op,
          [](const OpSpec& spec, const OperandData& data, std::int64_t index) {
            const auto typed = typed_spec<DepthwiseConvSpec>(spec);
            return stored(reference(typed, data, index), typed.storage);
          }};
}

}  // namespace vitgen
