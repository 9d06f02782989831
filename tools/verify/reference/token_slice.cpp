#include "generators/ops/token_slice.h"

#include "tools/verify/reference/storage.h"

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
            const auto typed = typed_spec<TokenSliceSpec>(spec);
            return stored(reference(typed, data, index), typed.storage);
          }};
}

}  // namespace vitgen
