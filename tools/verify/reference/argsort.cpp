#include "generators/ops/argsort.h"

#include "tools/verify/reference/rank.h"
#include "tools/verify/reference/reference.h"

namespace vitgen {

namespace {

ReferenceValue reference(const ArgsortSpec& spec, const OperandData& data, std::int64_t index) {
  const KeyRow keys{data, 0, index / spec.count * spec.keys, spec.keys};
  for (std::int64_t i = 0; i < spec.keys; ++i) {
    if (keys.rank(i) == index % spec.count) return {static_cast<double>(i), 0};
  }
  return {0, static_cast<double>(spec.keys)};  // a key is no number: any index
}

}  // namespace

template <>
ReferenceEntry reference_entry<ArgsortSpec>() {
  return {ArgsortSpec::op, [](const OpSpec& spec, const OperandData& data, std::int64_t index) {
            return reference(typed_spec<ArgsortSpec>(spec), data, index);
          }};
}

}  // namespace vitgen
