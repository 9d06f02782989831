#pragma once
// Mean and deviation of one variable of a series in double, with the errors that f32 sums in the
// order of time may have.

#include "tools/verify/reference/reference.h"

namespace vitgen {

struct SeriesMoments {
  ReferenceValue mean;
  ReferenceValue deviation;  ///< sqrt(variance + eps)
};

/// `at(i)`: the variable at time i.
template <class At>
SeriesMoments series_moments(int length, float eps, At at) {
  double sum = 0;
  double magnitude = 0;
  for (int i = 0; i < length; ++i) {
    sum += at(i);
    magnitude += std::abs(at(i));
  }
  const double mean = sum / length;
  const double u = kUnitRoundoff;
  const double mean_error = u * (chain_factor(length) * magnitude / length + std::abs(mean));
  double squares = 0;
  double centred_error = 0;
  for (int i = 0; i < length; ++i) {
    const double centred = at(i) - mean;
    squares += centred * centred;
    // Each difference is off by the mean's error and a rounding, its square by one more.
    const double off = mean_error + u * std::abs(centred);
    centred_error += 2 * std::abs(centred) * off + off * off + u * centred * centred;
  }
  const double variance = squares / length;
  const double variance_error =
      (centred_error + chain_factor(length) * u * squares) / length + 2 * u * (variance + eps);
  const double deviation = std::sqrt(variance + static_cast<double>(eps));
  return {{mean, mean_error}, {deviation, variance_error / (2 * deviation) + 2 * u * deviation}};
}

}  // namespace vitgen
