#pragma once
// The place of a key among others, for definitions and for their references.

#include <Halide.h>

namespace vitgen {

/// 1 if key `j` of image `b` comes before key `i` in ascending order, else 0; of equal keys the
/// first comes first.
inline Halide::Expr comes_before(const Halide::ImageParam& keys, const Halide::Expr& j,
                                 const Halide::Expr& i, const Halide::Expr& b) {
  const Halide::Expr other = keys(j, b);
  const Halide::Expr own = keys(i, b);
  return Halide::select(other < own || (other == own && j < i), 1, 0);
}

/// The index that a whole number in f32 stands for, kept in 0 .. count - 1.
inline Halide::Expr index_of(const Halide::Expr& value, int count) {
  return Halide::clamp(Halide::cast<int>(Halide::clamp(value, 0.0f, static_cast<float>(count - 1))),
                       0, count - 1);
}

}  // namespace vitgen
