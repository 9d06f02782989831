#include "generators/plan/resample.h"

#include <algorithm>
#include <cmath>

namespace vitgen {

using tensors::Resample;

namespace {

/// Keys 1981, equation 4: the cubic convolution kernel with the free parameter `a`.
double cubic(double x, double a) {
  x = std::abs(x);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return 0;
}

/// `taps` neighbours of the source position, those outside replaced by the nearest inside.
void clamped_row(double* row, std::int64_t from, double position, int taps, auto&& weight) {
  const auto first = static_cast<std::int64_t>(std::floor(position)) - (taps / 2 - 1);
  for (std::int64_t j = first; j < first + taps; ++j) {
    row[std::clamp<std::int64_t>(j, 0, from - 1)] += weight(position - static_cast<double>(j));
  }
}

/// Where point `dst` of `to` lies among `from` points when both ends stay where they are.
double corner_position(std::int64_t from, std::int64_t to, double dst) {
  if (to == 1) return 0;
  return dst * static_cast<double>(from - 1) / static_cast<double>(to - 1);
}

/// The antialiased rule: the kernel is stretched by the scale when shrinking, taps outside of the
/// table are left out and the rest is normalised to 1.
void antialiased_row(double* row, std::int64_t from, double scale, double dst) {
  const double stretch = std::max(scale, 1.0);
  const double support = 2 * stretch;
  const double centre = scale * (dst + 0.5);
  const auto first = std::max<std::int64_t>(static_cast<std::int64_t>(centre - support + 0.5), 0);
  const auto last = std::min<std::int64_t>(static_cast<std::int64_t>(centre + support + 0.5), from);
  double total = 0;
  for (std::int64_t j = first; j < last; ++j) {
    row[j] = cubic((static_cast<double>(j) + 0.5 - centre) / stretch, -0.5);
    total += row[j];
  }
  for (std::int64_t j = first; j < last; ++j) row[j] /= total;
}

/// Sum of q^0 .. q^(n - 1).
double geometric_sum(double q, std::int64_t n) {
  return (1 - std::pow(q, static_cast<double>(n))) / (1 - q);
}

/// Where the 2 n + 1 distances of a table stand, for m distances on either side: halving intervals
/// as the published code does, whose last middle, not its limit, is q.
std::vector<double> geometric_distances(std::int64_t n, std::int64_t m) {
  double left = 1.01, right = 1.5, q = left;
  while (right - left > 1e-6) {
    q = (left + right) / 2;
    (geometric_sum(q, n) > static_cast<double>(m) ? right : left) = q;
  }
  std::vector<double> places(static_cast<std::size_t>(2 * n + 1), 0.0);
  double place = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    place += std::pow(q, static_cast<double>(i));
    places[static_cast<std::size_t>(n + 1 + i)] = place;
    places[static_cast<std::size_t>(n - 1 - i)] = -place;
  }
  return places;
}

/// Between the two of `places` about `x`; past the ends the nearest.
void between_row(double* row, const std::vector<double>& places, double x) {
  const auto above = std::ranges::lower_bound(places, x);
  if (above == places.begin() || above == places.end()) {
    row[above == places.begin() ? 0 : places.size() - 1] = 1;
    return;
  }
  const auto right = static_cast<std::size_t>(above - places.begin());
  const double share = (x - places[right - 1]) / (places[right] - places[right - 1]);
  row[right - 1] = 1 - share;
  row[right] = share;
}

std::vector<double> geometric_matrix(std::int64_t from, std::int64_t to) {
  std::vector<double> matrix(static_cast<std::size_t>(from * to), 0.0);
  const std::vector<double> places = geometric_distances(from / 2, to / 2);
  for (std::int64_t i = 0; i < to; ++i) {
    between_row(&matrix[static_cast<std::size_t>(i * from)], places,
                static_cast<double>(i - to / 2));
  }
  return matrix;
}

}  // namespace

std::vector<double> resample_matrix(std::int64_t from, std::int64_t to, Resample mode) {
  if (mode == Resample::geometric) return geometric_matrix(from, to);
  std::vector<double> matrix(static_cast<std::size_t>(from * to), 0.0);
  const double offset = mode == Resample::torch_bicubic_offset ? 0.1 : 0.0;
  const double scale = static_cast<double>(from) / (static_cast<double>(to) + offset);
  for (std::int64_t i = 0; i < to; ++i) {
    double* row = &matrix[static_cast<std::size_t>(i * from)];
    const double dst = static_cast<double>(i);
    const double position = scale * (dst + 0.5) - 0.5;
    switch (mode) {
      case Resample::torch_bicubic:
      case Resample::torch_bicubic_offset:
        clamped_row(row, from, position, 4, [](double x) { return cubic(x, -0.75); });
        break;
      case Resample::torch_bilinear:
        clamped_row(row, from, position, 2, [](double x) { return 1 - std::abs(x); });
        break;
      case Resample::linear_corners:
        clamped_row(row, from, corner_position(from, to, dst), 2,
                    [](double x) { return 1 - std::abs(x); });
        break;
      case Resample::torch_bicubic_aa:
        antialiased_row(row, from, scale, dst);
        break;
      case Resample::geometric:
        break;
    }
  }
  return matrix;
}

namespace {

/// out[i][rest] = sum_j matrix[i][j] in[j][rest] for one slab of {from, rest}.
void apply_axis(const std::vector<double>& matrix, std::int64_t from, std::int64_t to,
                std::int64_t rest, const double* in, double* out) {
  for (std::int64_t i = 0; i < to; ++i) {
    std::fill_n(out + i * rest, rest, 0.0);
    for (std::int64_t j = 0; j < from; ++j) {
      const double weight = matrix[static_cast<std::size_t>(i * from + j)];
      if (weight == 0) continue;
      for (std::int64_t r = 0; r < rest; ++r) out[i * rest + r] += weight * in[j * rest + r];
    }
  }
}

}  // namespace

HostTensor resample_table(const HostTensor& table, std::int64_t from_h, std::int64_t from_w,
                          std::int64_t to_h, std::int64_t to_w, Resample mode) {
  const std::int64_t depth = table.shape.back();
  const std::vector<double> source(table.values.begin(), table.values.end());
  std::vector<double> tall(static_cast<std::size_t>(to_h * from_w * depth));
  apply_axis(resample_matrix(from_h, to_h, mode), from_h, to_h, from_w * depth, source.data(),
             tall.data());
  const std::vector<double> horizontal = resample_matrix(from_w, to_w, mode);
  std::vector<double> row(static_cast<std::size_t>(to_w * depth));
  HostTensor out{{to_h * to_w, depth}, {}};
  out.values.reserve(static_cast<std::size_t>(to_h * to_w * depth));
  for (std::int64_t r = 0; r < to_h; ++r) {
    apply_axis(horizontal, from_w, to_w, depth, tall.data() + r * from_w * depth, row.data());
    for (const double value : row) out.values.push_back(static_cast<float>(value));
  }
  return out;
}

}  // namespace vitgen
