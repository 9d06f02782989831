#include "generators/ops/add.h"

#include "tools/verify/reference/storage.h"

namespace vitgen {

namespace {

ReferenceValue reference(const AddSpec& spec, const OperandData& data, std::int64_t index) {
  const std::int64_t row = index / spec.width % spec.rows;
  const double x = data.at(0, index);
  if (row < spec.prefix) return {x, 0};
  const std::int64_t image = index / spec.width / spec.rows;
  const double y = x + data.at(1, index - (image + 1) * spec.prefix * spec.width);
  return {y, kUnitRoundoff * std::abs(y)};
}

}  // namespace

template <>
ReferenceEntry reference_entry<AddSpec>() {
  return {AddSpec::op, [](const OpSpec& spec, const OperandData& data, std::int64_t index) {
            const auto typed = typed_spec<AddSpec>(spec);
            return stored(reference(typed, data, index), typed.storage);
          }};
}

}  // namespace vitgen
