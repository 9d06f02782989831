#pragma once
// The floating-point formats of 16 bits and the roundings that PTX has and C++ lacks.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace vitgen::ptx {

struct Half {
  std::uint16_t bits;
};
struct Bfloat {
  std::uint16_t bits;
};

/// A finite or infinite x on the grid of `bits` significant bits above `least_exponent`, ties to
/// even: the exponent of the format's smallest normal number.
inline double round_to_grid(double x, int bits, int least_exponent) {
  if (x == 0 || !std::isfinite(x)) return x;
  const int exponent = std::max(std::ilogb(x), least_exponent);
  const double unit = std::ldexp(1.0, exponent - (bits - 1));
  return std::nearbyint(x / unit) * unit;
}

inline float to_float(Bfloat x) { return std::bit_cast<float>(std::uint32_t{x.bits} << 16); }

/// Exponent and fraction as an f32 has them, then scaled by the difference of the two biases.
inline float to_float(Half x) {
  const std::uint32_t magnitude = x.bits & 0x7fffu, sign = std::uint32_t{x.bits & 0x8000u} << 16;
  const float value = magnitude >= 0x7c00 ? std::bit_cast<float>(0x7f800000u | magnitude << 13)
                                          : std::bit_cast<float>(magnitude << 13) * 0x1p112f;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) | sign);
}

template <class T>
T from_double(double x);

template <>
inline float from_double<float>(double x) {
  return static_cast<float>(x);
}

template <>
inline double from_double<double>(double x) {
  return x;
}

// NaN becomes the canonical NaN of the PTX ISA, 0x7fff.
template <>
inline Half from_double<Half>(double x) {
  if (std::isnan(x)) return {0x7fff};
  const auto sign = static_cast<std::uint16_t>(std::signbit(x) ? 0x8000 : 0);
  const double rounded = std::abs(round_to_grid(x, 11, -14));
  int magnitude = 0x7c00;  // infinity
  if (rounded < 0x1p-14) {
    magnitude = static_cast<int>(rounded * 0x1p24);
  } else if (rounded < 65536) {
    const int exponent = std::ilogb(rounded);
    magnitude =
        (exponent + 15) * 1024 + static_cast<int>(std::ldexp(rounded, 10 - exponent)) - 1024;
  }
  return {static_cast<std::uint16_t>(sign | magnitude)};
}

// The upper half of an f32, whose range it shares.
template <>
inline Bfloat from_double<Bfloat>(double x) {
  if (std::isnan(x)) return {0x7fff};
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(round_to_grid(x, 8, -126)));
  return {static_cast<std::uint16_t>(bits >> 16)};
}

inline double to_double(double x) { return x; }
inline double to_double(float x) { return static_cast<double>(x); }
inline double to_double(Half x) { return static_cast<double>(to_float(x)); }
inline double to_double(Bfloat x) { return static_cast<double>(to_float(x)); }

/// Two numbers in a register of 32 bits, the first in the lower half.
template <class H>
struct Pair {
  H low, high;
};

/// a b + c for formats of 16 bits: in double precision, to odd where inexact, so that the rounding
/// that follows is the only one. (Boldo, Melquiond: Emulation of FMA, 2008.)
inline double fma_to_odd(double a, double b, double c) {
  const double product = a * b;  // exact: two significands of at most 24 bits
  const double sum = product + c;
  if (!std::isfinite(sum)) return sum;
  const double part = sum - product;
  const double error = (product - (sum - part)) + (c - part);
  const auto bits = std::bit_cast<std::uint64_t>(sum);
  if (error == 0 || (bits & 1) != 0) return sum;
  return std::bit_cast<double>((error > 0) == (sum > 0) ? bits + 1 : bits - 1);
}

}  // namespace vitgen::ptx
