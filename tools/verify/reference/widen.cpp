#include "generators/ops/widen.h"

#include "tools/verify/reference/reference.h"

namespace vitgen {

template <>
ReferenceEntry reference_entry<WidenSpec>() {
  return {WidenSpec::op,
          [](const OpSpec&, const OperandData& data, std::int64_t index) -> ReferenceValue {
            return {data.at(0, index), 0};
          }};
}

}  // namespace vitgen
