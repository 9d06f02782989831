#include "generators/ops/embedding_add.h"

#include "tools/verify/reference/storage.h"

namespace vitgen {

namespace {

ReferenceValue reference(const EmbeddingAddSpec& spec, const OperandData& data,
                         std::int64_t index) {
  const std::int64_t c = index % spec.width;
  const std::int64_t t = index / spec.width % (spec.prefix + spec.patches);
  const std::int64_t b = index / spec.width / (spec.prefix + spec.patches);
  if (t < spec.prefix) return {data.at(1, t * spec.width + c), 0};
  const std::int64_t patch = t - spec.prefix;
  const double y = data.at(0, (b * spec.patches + patch) * spec.width + c) +
                   data.at(data.size() - 2, patch * spec.width + c);
  return {y, kUnitRoundoff * std::abs(y)};
}

}  // namespace

template <>
ReferenceEntry reference_entry<EmbeddingAddSpec>() {
  return {EmbeddingAddSpec::op,
          [](const OpSpec& spec, const OperandData& data, std::int64_t index) {
            const auto typed = typed_spec<EmbeddingAddSpec>(spec);
            return stored(reference(typed, data, index), typed.storage);
          }};
}

}  // namespace vitgen
