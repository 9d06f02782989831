#include "generators/ops/support/row_statistics.h"

#include <cstdint>
#include <limits>

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

}  // namespace

RowStatistics row_statistics(const std::function<Expr(const Expr&, const Expr&)>& value,
                             int columns) {
  RowStatistics op{
      .total = Func("group_total"), .squares = Func("group_squares"), .output = Func("statistics")};
  const Var s("s"), g("g"), i("i");
  const RDom c(0, kStatisticsGroup, "c");
  const Expr column = g * kStatisticsGroup + c;
  const Expr x = value(Halide::min(column, columns - 1), i);
  const auto inside = [&](const Expr& term) {
    if (columns % kStatisticsGroup == 0) return term;
    return Halide::select(column < columns, term, 0.0f);
  };
  op.total(g, i) = 0.0f;
  op.total(g, i) += inside(x);
  const Expr centred = x - op.total(g, i) / group_columns(g, columns);
  op.squares(g, i) = 0.0f;
  op.squares(g, i) += inside(centred * centred);
  op.output(s, g, i) = Halide::select(s == 0, op.total(g, i), op.squares(g, i));
  return op;
}

RowMoments row_moments(const Halide::ImageParam& statistics, int columns, float eps) {
  RowMoments op{.mean = Func("mean"), .squares = Func("deviations"), .inv_std = Func("inv_std")};
  const Var i("i");
  const RDom g(0, statistics_groups(columns), "g");
  const auto n = static_cast<float>(columns);
  const Expr n_g = group_columns(g, columns);
  op.mean(i) = 0.0f;
  op.mean(i) += statistics(0, g, i) / n;
  const Expr centred = statistics(0, g, i) / n_g - op.mean(i);
  op.squares(i) = 0.0f;
  op.squares(i) += statistics(1, g, i) + n_g * centred * centred;
  op.inv_std(i) = inverse_root(Halide::max(op.squares(i), 0.0f) / n, eps);
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
