#include "generators/ops/masked_patches.h"

#include "tools/verify/reference/storage.h"

namespace vitgen {

namespace {

// A copy is exact.
ReferenceValue reference(const MaskedPatchesSpec& spec, const OperandData& data,
                         std::int64_t index) {
  const bool masked = data.at(1, index / spec.width) > 0;
  return {masked ? data.at(2, index % spec.width) : data.at(0, index), 0};
}

}  // namespace

template <>
ReferenceEntry reference_entry<MaskedPatchesSpec>() {
  return {MaskedPatchesSpec::op,
          [](const OpSpec& spec, const OperandData& data, std::int64_t index) {
            const auto typed = typed_spec<MaskedPatchesSpec>(spec);
            return stored(reference(typed, data, index), typed.storage);
          }};
}

}  // namespace vitgen
