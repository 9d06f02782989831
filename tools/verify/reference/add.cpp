#include "generators/ops/add.h"

#include "tools/verify/reference/reference.h"

namespace vitgen {

template <>
ReferenceEntry reference_entry<AddSpec>() {
  return {AddSpec::op, [](const OpSpec&, const OperandData& data, std::int64_t index) {
            const double y = data.at(0, index) + data.at(1, index);
            return ReferenceValue{y, kUnitRoundoff * std::abs(y)};
          }};
}

}  // namespace vitgen
