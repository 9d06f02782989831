#include "generators/ops/support/lanes.h"

#include <vector>

namespace vitgen {

using Halide::Expr;

Expr combine_lanes(const std::function<Expr(int)>& lane,
                   const std::function<Expr(Expr, Expr)>& combine) {
  std::vector<Expr> values;
  for (int l = 0; l < kLanes; ++l) values.push_back(lane(l));
  for (std::size_t half = kLanes / 2; half > 0; half /= 2) {
    for (std::size_t l = 0; l < half; ++l) values[l] = combine(values[l], values[l + half]);
  }
  return values[0];
}

Expr lane_value(const Expr& lane, const Expr& block, int extent,
                const std::function<Expr(Expr)>& value, const Expr& neutral) {
  const Expr position = lane + block * kLanes;
  if (extent % kLanes == 0) return value(position);
  return Halide::select(position < extent, value(Halide::min(position, extent - 1)), neutral);
}

}  // namespace vitgen
