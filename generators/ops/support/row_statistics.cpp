#include "generators/ops/support/row_statistics.h"

#include <cstdint>
#include <limits>

#include "generators/ops/support/lanes.h"

namespace vitgen {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::Var;

std::vector<int> statistics_extents(int columns, int rows) {
  return {2, statistics_groups(columns), rows};
}

namespace {

/// Columns of group g.
Expr group_columns(const Expr& g, int columns) {
  const int last = columns - (statistics_groups(columns) - 1) * kStatisticsGroup;
  if (last == kStatisticsGroup) return Expr(static_cast<float>(kStatisticsGroup));
  return Halide::select(g + 1 < statistics_groups(columns), static_cast<float>(kStatisticsGroup),
                        static_cast<float>(last));
}

// By bits, as inverse_root and for its reason.
Expr inverse_deviation(const Expr& squares, float n, float eps) {
  const Expr is_constant = Halide::strict_float(squares <= 0.0f);
  const Expr inverse = inverse_root(Halide::strict_float(squares / n), eps);
  return Halide::reinterpret<float>(
      Halide::select(is_constant, 0, Halide::reinterpret<std::int32_t>(inverse)));
}

}  // namespace

// Everything is strict: compilers fuse and regroup by vector width.
RowStatistics row_statistics(const std::function<Expr(const Expr&, const Expr&)>& value,
                             int columns) {
  RowStatistics op{.lane_total = Func("lane_total"),
                   .total = Func("group_total"),
                   .lane_squares = Func("lane_squares"),
                   .output = Func("statistics"),
                   .lane = Var("lane"),
                   .s = Var("s"),
                   .g = Var("g"),
                   .i = Var("i")};
  const auto sum_of_lane = [&](const std::function<Expr(const Expr&)>& term) {
    Expr sum;
    for (int first = 0; first < kStatisticsGroup; first += kLanes) {
      const Expr column = op.g * kStatisticsGroup + first + op.lane;
      const Expr inside =
          columns % kStatisticsGroup == 0
              ? term(column)
              : Halide::select(column < columns, term(Halide::min(column, columns - 1)), 0.0f);
      sum = sum.defined() ? Halide::strict_float(sum + inside) : inside;
    }
    return sum;
  };
  const auto add = [](const Expr& a, const Expr& b) { return Halide::strict_float(a + b); };
  const auto sum_of_lanes = [&](const Func& lanes) {
    return combine_lanes([&](int lane) { return lanes(lane, op.g, op.i); }, add);
  };
  op.lane_total(op.lane, op.g, op.i) =
      sum_of_lane([&](const Expr& column) { return value(column, op.i); });
  op.total(op.g, op.i) = sum_of_lanes(op.lane_total);
  const Expr mean = Halide::strict_float(op.total(op.g, op.i) / group_columns(op.g, columns));
  op.lane_squares(op.lane, op.g, op.i) = sum_of_lane([&](const Expr& column) {
    const Expr centred = Halide::strict_float(value(column, op.i) - mean);
    return Halide::strict_float(centred * centred);
  });
  op.output(op.s, op.g, op.i) =
      Halide::select(op.s == 0, op.total(op.g, op.i), sum_of_lanes(op.lane_squares));
  return op;
}

RowMoments row_moments(const Halide::ImageParam& statistics, int columns, float eps) {
  RowMoments op{.total = Func("total"),
                .squares = Func("deviations"),
                .output = Func("moments"),
                .m = Var("m"),
                .i = Var("i")};
  const Var i = op.i;
  const RDom g(0, statistics_groups(columns), "g");
  const auto n = static_cast<float>(columns);
  const Expr n_g = group_columns(g, columns);
  const Expr first = Halide::strict_float(statistics(0, 0, i) / group_columns(0, columns));
  const Expr from_first = Halide::strict_float(statistics(0, g, i) / n_g - first);
  op.total(i) = 0.0f;
  op.total(i) = Halide::strict_float(op.total(i) + n_g * from_first);
  const Expr mean = Halide::strict_float(first + op.total(i) / n);
  const Expr centred = Halide::strict_float(statistics(0, g, i) / n_g - mean);
  const Expr squares = Halide::strict_float(n_g * centred * centred);
  op.squares(i) = 0.0f;
  op.squares(i) = Halide::strict_float(op.squares(i) + (statistics(1, g, i) + squares));
  op.output(op.m, i) = Halide::select(op.m == 0, mean, inverse_deviation(op.squares(i), n, eps));
  return op;
}

// By bits, since Halide tells LLVM that a select of floats sees no NaN.
Expr inverse_root(const Expr& variance, float eps) {
  constexpr std::int32_t kQuietNan = 0x7fc00000;
  const Expr sum = Halide::strict_float(variance + eps);
  const Expr finite = Halide::strict_float(sum <= std::numeric_limits<float>::max());
  const Expr root = Halide::strict_float(1.0f / Halide::sqrt(sum));
  return Halide::reinterpret<float>(
      Halide::select(finite, Halide::reinterpret<std::int32_t>(root), kQuietNan));
}

}  // namespace vitgen
