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

inline float to_float(Half x) {
  const int exponent = x.bits >> 10 & 31;
  const int fraction = x.bits & 1023;
  float value = 0;
  if (exponent == 31) {
    value = fraction == 0 ? std::numeric_limits<float>::infinity()
                          : std::numeric_limits<float>::quiet_NaN();
  } else if (exponent == 0) {
    value = std::ldexp(static_cast<float>(fraction), -24);
  } else {
    value = std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
  }
  return (x.bits & 0x8000) != 0 ? -value : value;
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
