#pragma once
// One axis of an antialiased resize, in Pillow's 8-bit arithmetic: which source pixels make an
// output pixel and with which 22-bit fixed-point weights.

#include <stddef.h>
#include <stdint.h>

namespace vitgen::rt {

/// Weights are fixed point with this many fraction bits. 255 * 2^22 * sum|w| stays below 2^31 for
/// every filter here (sum|w| < 1.9), so a pixel's sum fits int32.
inline constexpr int kWeightBits = 22;

/// Output pixels [begin, begin + size) of an axis that goes from `in` to `out` pixels.
/// in <= 65535, out <= 2^24.
struct ResampleAxis {
  int filter;  ///< vitgen_filter
  int32_t in;
  int32_t out;
  int32_t begin;
  int32_t size;
};

/// The source window of each output pixel: pixel i is the sum over k < count[i] of
/// source[first[i] + k] * weights[i * taps + k]. Both ends of the window never move backwards.
struct ResampleTable {
  int32_t* first;    ///< [size]
  int32_t* count;    ///< [size]
  int32_t* weights;  ///< [size][taps]
  int32_t taps;
};

/// The most source pixels that one output pixel reads: at most axis.in.
int32_t resample_taps(const ResampleAxis& axis);

/// Fills the table, whose arrays the caller provides; `scratch` holds `taps` doubles.
void resample_fill(const ResampleAxis& axis, const ResampleTable& table, double* scratch);

/// A weighted sum of pixels (with the rounding half already in it) as a u8, clamped.
inline uint8_t resample_round(int32_t sum) {
  const int32_t value = sum >> kWeightBits;
  return value < 0 ? uint8_t{0} : value > 255 ? uint8_t{255} : static_cast<uint8_t>(value);
}

}  // namespace vitgen::rt
