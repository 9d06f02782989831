#pragma once
// What becomes of a value in memory.

#include "tools/verify/reference/reference.h"

namespace vitgen {

/// x, an f32, as it is once stored and read back.
double rounded_to(double x, DType storage);

/// The most that rounding to `storage` changes a value, relative to it: u of f32, f16, bf16.
double unit_roundoff(DType storage);

/// Half the distance of the numbers of `storage` about 0: what rounding changes of smaller ones.
double least_roundoff(DType storage);

/// Of a value that is computed in f32 and rounded once. Rounding is monotone, so a kernel's element
/// is between those of the ends of the value's interval; with f32 there is no second rounding.
ReferenceValue stored(const ReferenceValue& value, DType storage);

}  // namespace vitgen
