#include "generators/ops/rotary.h"

#include "tools/verify/reference/storage.h"

namespace vitgen {

namespace {

// Two products and their sum, each rounded once; products below the smallest denormal may be lost.
ReferenceValue reference(const RotarySpec& spec, const OperandData& data, std::int64_t index) {
  const std::int64_t half = spec.half();
  const std::int64_t side = index / half % 2;
  const std::int64_t part = index / spec.width() % 3;
  const std::int64_t patch = index / (3 * spec.width()) % spec.tokens - spec.prefix;
  const double own = data.at(0, index);
  if (part == 2 || patch < 0) return {own, 0};
  const std::int64_t at = patch * half + index % half;
  const double other = data.at(0, side == 0 ? index + half : index - half);
  const double a = own * data.at(1, at);
  const double b = other * data.at(2, at) * (side == 0 ? -1 : 1);
  const double y = a + b;
  return {y, kUnitRoundoff * (std::abs(a) + std::abs(b) + std::abs(y)) + 2 * 0x1p-149};
}

}  // namespace

template <>
ReferenceEntry reference_entry<RotarySpec>() {
  return {RotarySpec::op, [](const OpSpec& spec, const OperandData& data, std::int64_t index) {
            const auto typed = typed_spec<RotarySpec>(spec);
            return stored(reference(typed, data, index), typed.storage);
          }};
}

}  // namespace vitgen
