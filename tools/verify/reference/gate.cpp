#include "generators/ops/gate.h"

#include "tools/verify/reference/activation.h"
#include "tools/verify/reference/storage.h"

namespace vitgen {

namespace {

// The product rounds once; below the smallest denormal it may be lost.
ReferenceValue reference(const GateSpec& spec, const OperandData& data, std::int64_t index) {
  const std::int64_t at = index / spec.width * 2 * spec.width + index % spec.width;
  const ReferenceValue gate = reference_activation({data.at(0, at), 0}, spec.activation);
  const double other = data.at(0, at + spec.width);
  const double y = gate.value * other;
  return {y, gate.bound * std::abs(other) + kUnitRoundoff * std::abs(y) + 0x1p-149};
}

}  // namespace

template <>
ReferenceEntry reference_entry<GateSpec>() {
  return {GateSpec::op, [](const OpSpec& spec, const OperandData& data, std::int64_t index) {
            const auto typed = typed_spec<GateSpec>(spec);
            return stored(reference(typed, data, index), typed.storage);
          }};
}

}  // namespace vitgen
