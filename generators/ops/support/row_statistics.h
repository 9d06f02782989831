#pragma once
// Mean and variance of rows by groups of neighbouring columns: of group g, which has n_g columns,
// the sum t_g and the sum of squared deviations from the group's own mean, s_g. Of a row of n
// (Chan, Golub and LeVeque, Updating formulae and a pairwise algorithm for computing sample
// variances, 1979):
//   mean = t_0 / n_0 + sum_g n_g (t_g / n_g - t_0 / n_0) / n
//   var  = sum_g (s_g + n_g (t_g / n_g - mean)^2) / n
// Whoever writes a row can so write its statistics by parts, and none of them cancels where the
// mean is large, as a sum of squares does. A row that is one number all along has that mean and no
// variance exactly; it normalises to zeros, so its 1 / deviation counts as 0: what rounding leaves
// of a product with it must not be divided by the root of eps.

#include <Halide.h>

#include <functional>
#include <vector>

#include "generators/base/op_spec.h"

namespace vitgen {

/// Columns of a group; the last may have fewer. Few enough to be summed while a tile of a product
/// is in registers, whatever its width, and many enough that statistics are an eighth of their
/// rows.
inline constexpr int kStatisticsGroup = 32;

constexpr int statistics_groups(int columns) {
  return (columns + kStatisticsGroup - 1) / kStatisticsGroup;
}

/// Extents of the statistics of a matrix, innermost first: {t, s}, group, row.
std::vector<int> statistics_extents(int columns, int rows);

struct RowStatistics {
  Halide::Func lane_total, total, lane_squares;  ///< (lane, g, i), (g, i)
  Halide::Func output;                           ///< (s, g, i): t and s
  Halide::Var lane, s, g, i;
  std::vector<Halide::Func> stages() const { return {lane_total, total, lane_squares}; }
};

/// Of `value(c, i)`, f32, for c below `columns`. A group is summed in the 16 lanes of lanes.h.
RowStatistics row_statistics(
    const std::function<Halide::Expr(const Halide::Expr&, const Halide::Expr&)>& value,
    int columns);

struct RowMoments {
  Halide::Func total, squares;  ///< (i): sums about t_0 / n_0 and about the mean
  Halide::Func output;          ///< (m, i): the mean, and 1 / sqrt(var + eps), 0 where var <= 0
  Halide::Var m, i;
  std::vector<Halide::Func> stages() const { return {total, squares, output}; }
};

/// Of rows whose `statistics` are given, summed in the order of groups.
RowMoments row_moments(const Halide::ImageParam& statistics, int columns, float eps);

/// 1 / sqrt(variance + eps), but NaN of what is infinite: squares that overflow (deviations beyond
/// 1e19) must not come out as a row of zeros.
Halide::Expr inverse_root(const Halide::Expr& variance, float eps);

}  // namespace vitgen
