#include "generators/ops/token_mix.h"

#include "tools/verify/reference/activation.h"
#include "tools/verify/reference/storage.h"

namespace vitgen {

namespace {

ReferenceValue reference(const TokenMixSpec& spec, const OperandData& data, std::int64_t index) {
  const std::int64_t c = index % spec.width;
  const std::int64_t i = index / spec.width % spec.outputs;
  const std::int64_t b = index / spec.width / spec.outputs;
  double sum = data.at(2, i);
  double magnitude = std::abs(sum);
  for (std::int64_t j = 0; j < spec.tokens; ++j) {
    const double product =
        data.at(1, i * spec.tokens + j) * data.at(0, (b * spec.tokens + j) * spec.width + c);
    sum += product;
    magnitude += std::abs(product);
  }
  const double u = kUnitRoundoff;
  const double lost = spec.tokens * 0x1p-149;  // products below the smallest denormal
  const ReferenceValue activated = reference_activation(
      {sum, chain_factor(spec.tokens) * u * magnitude + lost}, spec.activation);
  const double scaled = activated.value * data.at(3, i);
  const double y = scaled + data.at(4, i);
  return {y, std::abs(data.at(3, i)) * activated.bound * (1 + 4 * u) +
                 u * (std::abs(scaled) + std::abs(y)) + 0x1p-149};
}

}  // namespace

template <>
ReferenceEntry reference_entry<TokenMixSpec>() {
  return {TokenMixSpec::op, [](const OpSpec& spec, const OperandData& data, std::int64_t index) {
            const auto typed = typed_spec<TokenMixSpec>(spec);
            return stored(reference(typed, data, index), typed.storage);
          }};
}

}  // namespace vitgen
