#include "tools/verify/reference/row_statistics.h"

#include <algorithm>
#include <limits>

namespace vitgen {

namespace {

std::int64_t columns_of_group(int columns, std::int64_t group) {
  return std::min<std::int64_t>(kStatisticsGroup, columns - group * kStatisticsGroup);
}

/// The statistics of one row.
class Groups {
 public:
  Groups(const OperandData& data, std::size_t statistics, std::int64_t row, int columns)
      : data_(data),
        statistics_(statistics),
        first_(row * statistics_groups(columns)),
        columns_(columns) {}

  int count() const { return statistics_groups(columns_); }
  double columns(int g) const { return static_cast<double>(columns_of_group(columns_, g)); }
  double total(int g) const { return data_.at(statistics_, 2 * (first_ + g)); }
  double squares(int g) const { return data_.at(statistics_, 2 * (first_ + g) + 1); }
  double mean(int g) const { return total(g) / columns(g); }

 private:
  const OperandData& data_;
  std::size_t statistics_;
  std::int64_t first_;
  int columns_;
};

struct Sums {
  double total = 0;      ///< sum_g n_g d_g about a centre
  double squares = 0;    ///< sum_g s_g + n_g d_g^2
  double magnitude = 0;  ///< sum_g n_g |d_g|
  double total_error = 0, squares_error = 0;
};

// A distance d is off by the rounding of the group's mean and its own, its square by one more and
// by the product with n_g.
Sums sums_about(const Groups& groups, double centre) {
  constexpr double u = kUnitRoundoff;
  Sums sums;
  double squares_magnitude = 0;
  for (int g = 0; g < groups.count(); ++g) {
    const double n = groups.columns(g);
    const double d = groups.mean(g) - centre;
    const double off = u * (2 * std::abs(groups.mean(g)) + std::abs(d));
    sums.total += n * d;
    sums.magnitude += n * std::abs(d);
    sums.total_error += n * off + u * n * std::abs(d);
    sums.squares += groups.squares(g) + n * d * d;
    squares_magnitude += std::abs(groups.squares(g)) + n * d * d;
    sums.squares_error += n * (2 * std::abs(d) * off + off * off) + 3 * u * n * d * d;
  }
  const double chain = chain_factor(groups.count()) * u;
  sums.total_error += chain * sums.magnitude;
  sums.squares_error += chain * squares_magnitude;
  return sums;
}

bool is_constant(const Groups& groups) {
  for (int g = 0; g < groups.count(); ++g) {
    if (groups.squares(g) != 0 || groups.mean(g) != groups.mean(0)) return false;
  }
  return true;
}

// 1 / sqrt(squares / n + eps), 0 where squares are not above 0: they may be off by `error`; a sum,
// a quotient, the root and the division round once each.
ReferenceValue inverse_deviation(double squares, double error, int columns, double eps) {
  constexpr double u = kUnitRoundoff;
  const auto at = [&](double sum) { return 1.0 / std::sqrt(std::max(sum, 0.0) / columns + eps); };
  if (squares <= 0 && error == 0) return {0, 0};
  const double value = squares > 0 ? at(squares) : 0;
  if (squares <= error) return {value, std::max(value, at(0))};
  if (!(1.0 / (value * value) <= static_cast<double>(std::numeric_limits<float>::max()))) {
    return {std::numeric_limits<double>::quiet_NaN(), 0};
  }
  const double moved = std::max(at(squares - error) - value, value - at(squares + error));
  return {value, moved + 4 * u * value};
}

}  // namespace

// Kernels may sum about the first group's mean and move the result, or about the mean itself, which
// is off: n times the square of that error is what the sum of squares then has too much. Both are
// covered. What is moved is subtracted, S^2 / n, of which S is off by its error.
ReferenceMoments reference_moments(const OperandData& data, std::size_t statistics,
                                   std::int64_t row, int columns, float eps) {
  constexpr double u = kUnitRoundoff;
  const Groups groups(data, statistics, row, columns);
  const double first = groups.mean(0);
  if (is_constant(groups)) return {{first, 2 * u * std::abs(first)}, {0, 0}};
  const Sums about_first = sums_about(groups, first);
  const double mean = first + about_first.total / columns;
  const double mean_error = about_first.total_error / columns +
                            sums_about(groups, 0).total_error / columns +
                            u * (std::abs(first) + 3 * std::abs(mean));
  const Sums about_mean = sums_about(groups, mean);
  const double moved = about_first.total * about_first.total / columns;
  const double error = about_first.squares_error + about_mean.squares_error +
                       2 * std::abs(about_first.total) / columns * about_first.total_error +
                       3 * u * moved + columns * mean_error * mean_error;
  return {{mean, mean_error},
          inverse_deviation(about_mean.squares, error, columns, static_cast<double>(eps))};
}

// The mean of a group may be off by its sum's error and a rounding.
ReferenceValue reference_statistic(const OperandData& data, std::size_t matrix, int columns,
                                   std::int64_t index) {
  constexpr double u = kUnitRoundoff;
  const std::int64_t group = index / 2 % statistics_groups(columns);
  const std::int64_t row = index / 2 / statistics_groups(columns);
  const std::int64_t first = row * columns + group * kStatisticsGroup;
  const std::int64_t n = columns_of_group(columns, group);
  const auto terms = static_cast<double>(n);
  double total = 0;
  double magnitude = 0;
  for (std::int64_t c = 0; c < n; ++c) {
    total += data.at(matrix, first + c);
    magnitude += std::abs(data.at(matrix, first + c));
  }
  const double total_error = chain_factor(terms) * u * magnitude;
  if (index % 2 == 0) return {total, total_error};
  const double mean = total / terms;
  const double mean_error = total_error / terms + 2 * u * std::abs(mean);
  double squares = 0;
  double error = 0;
  for (std::int64_t c = 0; c < n; ++c) {
    const double d = data.at(matrix, first + c) - mean;
    const double off = mean_error + u * std::abs(d);
    squares += d * d;
    error += 2 * std::abs(d) * off + off * off + u * d * d;
  }
  return {squares, error + chain_factor(terms) * u * squares};
}

}  // namespace vitgen
