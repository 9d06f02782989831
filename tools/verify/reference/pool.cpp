#include "generators/ops/pool.h"

#include "tools/verify/reference/storage.h"

namespace vitgen {

namespace {

ReferenceValue reference(const PoolSpec& spec, const OperandData& data, std::int64_t index) {
  const std::int64_t c = index % spec.out_width();
  const std::int64_t b = index / spec.out_width();
  const auto token = [&](std::int64_t t) {
    return data.at(0, (b * spec.tokens + t) * spec.width + c % spec.width);
  };
  const bool second = c >= spec.width;
  const bool mean =
      spec.pooling == Pooling::mean || (spec.pooling == Pooling::token_and_mean && second);
  if (!mean) return {token(second ? 1 : 0), 0};
  const double count = spec.tokens - spec.prefix;
  double sum = 0;
  double magnitude = 0;
  for (std::int64_t t = spec.prefix; t < spec.tokens; ++t) {
    sum += token(t);
    magnitude += std::abs(token(t));
  }
  return {sum / count,
          kUnitRoundoff * (chain_factor(count) * magnitude + 2 * std::abs(sum)) / count};
}

}  // namespace

template <>
ReferenceEntry reference_entry<PoolSpec>() {
  return {PoolSpec::op, [](const OpSpec& spec, const OperandData& data, std::int64_t index) {
            const auto typed = typed_spec<PoolSpec>(spec);
            return stored(reference(typed, data, index), typed.storage);
          }};
}

}  // namespace vitgen
