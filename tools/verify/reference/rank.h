#pragma once
// The places of keys, as generators/ops/argsort.h has them.

#include <algorithm>
#include <cmath>

#include "tools/verify/reference/reference.h"

namespace vitgen {

/// `count` keys of an operand, the first at the flat index `begin`.
struct KeyRow {
  const OperandData& data;
  std::size_t operand = 0;
  std::int64_t begin = 0;
  std::int64_t count = 0;

  /// How many keys come before key `i`; of equal keys the first comes first.
  std::int64_t rank(std::int64_t i) const {
    std::int64_t before = 0;
    const double own = data.at(operand, begin + i);
    for (std::int64_t j = 0; j < count; ++j) {
      const double other = data.at(operand, begin + j);
      before += other < own || (other == own && j < i) ? 1 : 0;
    }
    return before;
  }
};

/// The index that a value stands for, kept in 0 .. count - 1.
inline std::int64_t index_of(double value, std::int64_t count) {
  return static_cast<std::int64_t>(std::clamp(value, 0.0, static_cast<double>(count - 1)));
}

}  // namespace vitgen
