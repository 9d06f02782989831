#include "generators/ops/masked_tokens.h"

#include "tools/verify/reference/rank.h"
#include "tools/verify/reference/storage.h"

namespace vitgen {

namespace {

ReferenceValue reference(const MaskedTokensSpec& spec, const OperandData& data,
                         std::int64_t index) {
  const std::int64_t c = index % spec.width;
  const std::int64_t t = index / spec.width % (spec.prefix + spec.kept);
  const std::int64_t b = index / spec.width / (spec.prefix + spec.kept);
  if (t < spec.prefix) return {data.at(3, t * spec.width + c), 0};
  const std::int64_t r = t - spec.prefix;
  const std::int64_t id = index_of(data.at(1, b * spec.kept + r), spec.patches);
  const KeyRow keys{data, 2, b * spec.kept, spec.kept};
  const std::size_t positions = data.size() - 3;
  const double place = keys.rank(r) < spec.visible ? data.at(positions, id * spec.width + c)
                                                   : data.at(positions + 1, c);
  const double y = data.at(0, (b * spec.patches + id) * spec.width + c) + place;
  return {y, kUnitRoundoff * std::abs(y)};
}

}  // namespace

template <>
ReferenceEntry reference_entry<MaskedTokensSpec>() {
  return {MaskedTokensSpec::op,
          [](const OpSpec& spec, const OperandData& data, std::int64_t index) {
            const auto typed = typed_spec<MaskedTokensSpec>(spec);
            return stored(reference(typed, data, index), typed.storage);
          }};
}

}  // namespace vitgen
