#pragma once
// Activations and matrices may be narrower in memory than in arithmetic: an op whose spec has a
// `storage` widens them where it reads, computes in f32, and rounds once, where it writes.

#include <Halide.h>

#include "generators/base/op_spec.h"

namespace vitgen {

/// The types that an op's `storage` may be.
constexpr bool is_storage(DType dtype) {
  return dtype == DType::f32 || dtype == DType::f16 || dtype == DType::bf16;
}

/// What kernels of products in 16 bits copy at a time: rows of such bytes in whole pieces are what
/// all of them take.
inline constexpr int kPieceBytes = 16;

/// An element of memory as f32, exactly.
Halide::Expr value_of(const Halide::Expr& element);

/// The element of `storage` nearest to x, an f32; of two the one whose last bit is 0. What f16
/// cannot hold, from 65520 on, is infinity; a NaN stays one.
Halide::Expr stored(const Halide::Expr& x, DType storage);

}  // namespace vitgen
