#include "runtime/resample.h"

#include "runtime/preprocess.h"

namespace vitgen::rt {
namespace {

constexpr double kPi = 3.14159265358979323846;

/// sin(x) for |x| <= 3 pi with an error of a few 2^-53, so that the runtime needs no libm: reduced
/// by a multiple of pi in two parts, then the Taylor series up to x^21 (at pi / 2 the next term is
/// below 2^-59).
double sine(double x) {
  const double turns = x / kPi;
  const int n = static_cast<int>(turns < 0 ? turns - 0.5 : turns + 0.5);
  // pi = high + low; high has 33 bits, so n * high is exact.
  constexpr double kPiHigh = 0x1.921FB544p+1;
  constexpr double kPiLow = 0x1.0B4611A626331p-33;
  const double r = (x - n * kPiHigh) - n * kPiLow;
  const double square = r * r;
  double series = 0;
  for (int k = 21; k >= 3; k -= 2) series = (series + 1) * -square / (k * (k - 1));
  const double value = r + r * series;
  return (n & 1) != 0 ? -value : value;
}

double sinc(double x) {
  if (x == 0) return 1;
  x *= kPi;
  return sine(x) / x;
}

double triangle(double x) {
  if (x < 0) x = -x;
  return x < 1 ? 1 - x : 0;
}

/// Keys' cubic convolution kernel with a = -0.5; the order of operations decides the last bit.
double cubic(double x) {
  constexpr double a = -0.5;
  if (x < 0) x = -x;
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

double lanczos(double x) { return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0; }

double weight_at(int filter, double x) {
  switch (filter) {
    case VITGEN_FILTER_BILINEAR:
      return triangle(x);
    case VITGEN_FILTER_BICUBIC:
      return cubic(x);
    default:
      return lanczos(x);
  }
}

double radius_of(int filter) {
  switch (filter) {
    case VITGEN_FILTER_BILINEAR:
      return 1;
    case VITGEN_FILTER_BICUBIC:
      return 2;
    default:
      return 3;
  }
}

/// A filter never gets narrower than its source pixels: upscaling interpolates, downscaling
/// averages over the whole footprint.
double filter_scale(const ResampleAxis& axis) {
  const double scale = static_cast<double>(axis.in) / axis.out;
  return scale < 1 ? 1 : scale;
}

bool is_copy(const ResampleAxis& axis) { return axis.in == axis.out; }

int32_t to_fixed(double weight) {
  const double scaled = weight * (1 << kWeightBits);
  return static_cast<int32_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

/// Every output pixel is one source pixel.
void set_single(const ResampleTable& table, int32_t i, int32_t source) {
  table.first[i] = source;
  table.count[i] = 1;
  table.weights[i] = 1 << kWeightBits;
}

/// Positions add up step by step, rounding errors included: that is where Pillow's nearest
/// neighbours lie.
void fill_nearest(const ResampleAxis& axis, const ResampleTable& table) {
  const double step = static_cast<double>(axis.in) / axis.out;
  double position = step * 0.5;
  for (int32_t x = 0; x < axis.begin; ++x) position += step;
  for (int32_t i = 0; i < axis.size; ++i) {
    const int32_t source = static_cast<int32_t>(position);
    set_single(table, i, source < axis.in ? source : axis.in - 1);
    position += step;
  }
}

void fill_pixel(const ResampleAxis& axis, const ResampleTable& table, int32_t i, double* scratch) {
  const double scale = static_cast<double>(axis.in) / axis.out;
  const double stretch = filter_scale(axis);
  const double support = radius_of(axis.filter) * stretch;
  const double shrink = 1 / stretch;
  const double center = (axis.begin + i + 0.5) * scale;
  int32_t first = static_cast<int32_t>(center - support + 0.5);
  if (first < 0) first = 0;
  int32_t last = static_cast<int32_t>(center + support + 0.5);
  if (last > axis.in) last = axis.in;

  double total = 0;
  const int32_t count = last - first;
  for (int32_t k = 0; k < count; ++k) {
    scratch[k] = weight_at(axis.filter, (k + first - center + 0.5) * shrink);
    total += scratch[k];
  }
  int32_t* weights = table.weights + static_cast<ptrdiff_t>(i) * table.taps;
  for (int32_t k = 0; k < count; ++k) {
    weights[k] = to_fixed(total != 0 ? scratch[k] / total : scratch[k]);
  }
  table.first[i] = first;
  table.count[i] = count;
}

}  // namespace

int32_t resample_taps(const ResampleAxis& axis) {
  if (is_copy(axis) || axis.filter == VITGEN_FILTER_NEAREST) return 1;
  const double support = radius_of(axis.filter) * filter_scale(axis);
  const int32_t whole = static_cast<int32_t>(support);
  const int32_t radius = whole < support ? whole + 1 : whole;
  const int32_t taps = 2 * radius + 1;
  return taps < axis.in ? taps : axis.in;
}

void resample_fill(const ResampleAxis& axis, const ResampleTable& table, double* scratch) {
  if (is_copy(axis)) {
    for (int32_t i = 0; i < axis.size; ++i) set_single(table, i, axis.begin + i);
    return;
  }
  if (axis.filter == VITGEN_FILTER_NEAREST) return fill_nearest(axis, table);
  for (int32_t i = 0; i < axis.size; ++i) fill_pixel(axis, table, i, scratch);
}

}  // namespace vitgen::rt
