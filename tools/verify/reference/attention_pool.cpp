#include "generators/ops/attention_pool.h"

#include <algorithm>

#include "tools/verify/reference/storage.h"

namespace vitgen {

namespace {

// |y' - y| <= u (W + D + 2 E + 2 c(N) + 4) sum_t p_t |v_t|, as attention's with scores that are
// exact: D = (max - s_t) ln 2, whose rounding is D u in p, and W its mean under p, E u the error of
// 2^y.
ReferenceValue reference(const AttentionPoolSpec& spec, const OperandData& data,
                         std::int64_t index) {
  const std::int64_t c = index % spec.width();
  const std::int64_t first = index / spec.width() * spec.tokens + spec.prefix;
  const auto score = [&](std::int64_t t) {
    return data.at(0, (first + t) * spec.row() + spec.width() + c / spec.head_size);
  };
  double top = score(0);
  for (std::int64_t t = 1; t < spec.pooled(); ++t) top = std::max(top, score(t));
  double total = 0, sum = 0, magnitude = 0, depth = 0, deepest = 0;
  for (std::int64_t t = 0; t < spec.pooled(); ++t) {
    const double below = top - score(t);
    const double p = std::exp2(-below);
    const double v = data.at(0, (first + t) * spec.row() + c);
    total += p;
    sum += p * v;
    magnitude += p * std::abs(v);
    depth += p * below;
    deepest += p * below * std::abs(v);
  }
  constexpr double kPower = 1.5;  // E: exp2_of in generators/ops/support/vector_math.h
  const double n = chain_factor(spec.pooled());
  const double relative = kUnitRoundoff * (depth / total + 2 * kPower + 2 * n + 4);
  const double underflow = spec.pooled() * 0x1p-126;
  return {sum / total, relative * magnitude / total + kUnitRoundoff * deepest / total + underflow};
}

}  // namespace

template <>
ReferenceEntry reference_entry<AttentionPoolSpec>() {
  return {AttentionPoolSpec::op,
          [](const OpSpec& spec, const OperandData& data, std::int64_t index) {
            const auto typed = typed_spec<AttentionPoolSpec>(spec);
            return stored(reference(typed, data, index), typed.storage);
          }};
}

}  // namespace vitgen
