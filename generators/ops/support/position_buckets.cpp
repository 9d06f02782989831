#include "generators/ops/support/position_buckets.h"

#include <algorithm>
#include <cmath>

namespace vitgen {

int bucket_step(double ratio, double x) {
  const double distance = std::abs(x);
  // std::nearbyint rounds half to even, as the formula asks.
  double step = std::nearbyint(distance);
  if (distance > ratio) {
    const double far = ratio + ratio * std::log(distance / ratio) / std::log(8.0);
    step = std::min(2 * ratio, std::nearbyint(far));
  }
  return static_cast<int>(std::copysign(step, x));
}

bool PositionBuckets::valid() const {
  if (method == BucketMethod::exact) {
    const double all = (2.0 * grid_h - 1) * (2.0 * grid_w - 1) + 3;
    return grid_h > 0 && grid_w > 0 && all <= kMost;
  }
  const double sides = 4.0 * static_cast<double>(ratio) + 1;
  const double most = method == BucketMethod::product ? sides * sides : sides;
  return ratio > 0 && most + 1 <= kMost;
}

int PositionBuckets::count(bool skips) const {
  if (method == BucketMethod::exact) {
    return (2 * grid_h - 1) * (2 * grid_w - 1) + (skips ? 3 : 0);
  }
  const int pairs = method == BucketMethod::product ? side() * side() : side();
  return pairs + (skips ? 1 : 0);
}

int PositionBuckets::outside(bool query, bool key) const {
  const int last = count(true) - 1;
  if (method != BucketMethod::exact || (query && key)) return last;
  return last - (query ? 2 : 1);
}

namespace {

/// g of the distance that the method takes of dr^2 + dc^2.
int step_of_square(const PositionBuckets& buckets, int square) {
  const double distance = static_cast<double>(square);
  const bool root = buckets.method == BucketMethod::euclidean;
  return bucket_step(static_cast<double>(buckets.ratio),
                     root ? std::nearbyint(std::sqrt(distance)) : distance);
}

}  // namespace

int PositionBuckets::of(int table, int dr, int dc) const {
  const auto step = [&](int x) { return bucket_step(static_cast<double>(ratio), x) + half(); };
  switch (method) {
    case BucketMethod::product:
      return step(dr) * side() + step(dc);
    case BucketMethod::cross:
      return step(table == 0 ? dr : dc);
    case BucketMethod::exact:
      return (dr + grid_h - 1) * (2 * grid_w - 1) + dc + grid_w - 1;
    case BucketMethod::euclidean:
    case BucketMethod::quant:
      break;
  }
  return step_of_square(*this, dr * dr + dc * dc) + half();
}

std::vector<int> PositionBuckets::thresholds(int limit) const {
  std::vector<int> found;
  if (method == BucketMethod::exact) return found;
  for (int x = 1; x <= limit && static_cast<int>(found.size()) < half(); ++x) {
    const int step =
        of_squares() ? step_of_square(*this, x) : bucket_step(static_cast<double>(ratio), x);
    while (static_cast<int>(found.size()) < step) found.push_back(x);
  }
  return found;
}

}  // namespace vitgen
