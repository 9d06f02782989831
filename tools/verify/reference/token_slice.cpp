#include "generators/ops/token_slice.h"

#include "tools/verify/reference/reference.h"

namespace vitgen {

namespace {

ReferenceValue reference(const TokenSliceSpec& spec, const OperandData& data, std::int64_t index) {
  const std::int64_t image = static_cast<std::int64_t>(spec.count()) * spec.width;
  const std::int64_t skipped = (index / image + 1) * spec.first * spec.width;
  return {data.at(0, index + skipped), 0};
}

}  // namespace

template <>
ReferenceEntry reference_entry<TokenSliceSpec>() {
  return {TokenSliceSpec::op, [](const OpSpec& spec, const OperandData& data, std::int64_t index) {
            return reference(typed_spec<TokenSliceSpec>(spec), data, index);
          }};
}

}  // namespace vitgen
