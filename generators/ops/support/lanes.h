#pragma once
// Row reductions in a fixed number of lanes, so that a sum's bits depend neither on the vector
// width of a machine nor on a schedule.

#include <Halide.h>

#include <functional>

namespace vitgen {

/// Lanes of every row reduction: one AVX-512 register, two of AVX2.
inline constexpr int kLanes = 16;

/// Steps of kLanes that cover `extent` values.
constexpr int lane_blocks(int extent) { return (extent + kLanes - 1) / kLanes; }

/// Combines lane(0) .. lane(15) as a balanced tree: (0+8)+(4+12) and so on.
Halide::Expr combine_lanes(const std::function<Halide::Expr(int)>& lane,
                           const std::function<Halide::Expr(Halide::Expr, Halide::Expr)>& combine);

/// `value(position)` where position = lane + 16 block lies inside `extent`, else `neutral`.
/// `value` is called with a position that is always inside.
Halide::Expr lane_value(const Halide::Expr& lane, const Halide::Expr& block, int extent,
                        const std::function<Halide::Expr(Halide::Expr)>& value,
                        const Halide::Expr& neutral);

}  // namespace vitgen
