#pragma once
// Figures of repeated timings.

#include <cstdint>
#include <span>

namespace vitgen {

/// The p-th percentile, 0 <= p <= 100, by linear interpolation between the two nearest of the
/// sorted values (as numpy does); NaN of nothing.
double percentile(std::span<const double> values, double p);

double median(std::span<const double> values);

/// How far the values lie apart: the distance of the quartiles over the median. 0 of fewer than two
/// values.
double relative_spread(std::span<const double> values);

/// exp of the mean of the logarithms; NaN of nothing. Values must be positive.
double geometric_mean(std::span<const double> values);

struct Interval {
  double value = 0;
  double low = 0;
  double high = 0;
  bool operator==(const Interval&) const = default;
};

/// The median of `values` with its 95 % interval by the percentile bootstrap: `draws` samples with
/// replacement, from a generator with this seed, so that the same values give the same interval.
Interval bootstrap_median(std::span<const double> values, int draws = 2000, std::uint64_t seed = 1);

/// The median of the ratios a[i] / b[i] of values that were taken side by side, with its interval.
/// Surplus values of the longer one are ignored.
Interval paired_ratio(std::span<const double> a, std::span<const double> b, int draws = 2000,
                      std::uint64_t seed = 1);

}  // namespace vitgen
