#include "tools/measure/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace vitgen {

namespace {

double percentile_of_sorted(const std::vector<double>& sorted, double p) {
  if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double place = std::clamp(p, 0.0, 100.0) / 100 * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - std::floor(place)) * (sorted[above] - sorted[below]);
}

std::vector<double> sorted_copy(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  return sorted;
}

}  // namespace

double percentile(std::span<const double> values, double p) {
  return percentile_of_sorted(sorted_copy(values), p);
}

double median(std::span<const double> values) { return percentile(values, 50); }

double relative_spread(std::span<const double> values) {
  if (values.size() < 2) return 0;
  const std::vector<double> sorted = sorted_copy(values);
  const double distance = percentile_of_sorted(sorted, 75) - percentile_of_sorted(sorted, 25);
  return distance / percentile_of_sorted(sorted, 50);
}

double geometric_mean(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += std::log(value);
  return std::exp(sum / static_cast<double>(values.size()));
}

Interval bootstrap_median(std::span<const double> values, int draws, std::uint64_t seed) {
  const double middle = median(values);
  if (values.size() < 2 || draws < 1) return {middle, middle, middle};
  std::mt19937_64 random(seed);
  std::vector<double> medians;
  std::vector<double> sample(values.size());
  for (int draw = 0; draw < draws; ++draw) {
    // The remainder's bias is below size / 2^64; std::uniform_int_distribution differs by library.
    for (double& each : sample) each = values[random() % values.size()];
    std::ranges::sort(sample);
    medians.push_back(percentile_of_sorted(sample, 50));
  }
  std::ranges::sort(medians);
  return {middle, percentile_of_sorted(medians, 2.5), percentile_of_sorted(medians, 97.5)};
}

Interval paired_ratio(std::span<const double> a, std::span<const double> b, int draws,
                      std::uint64_t seed) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) ratios.push_back(a[i] / b[i]);
  return bootstrap_median(ratios, draws, seed);
}

}  // namespace vitgen
