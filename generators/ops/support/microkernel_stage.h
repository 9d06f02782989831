#pragma once
// A stage of an op that is not Halide code: a product of tiles in instructions that Halide cannot
// emit. The op states the mathematics and the layout; which code runs is the machine's matter.

#include "generators/ops/support/algorithm.h"

namespace vitgen {

/// c(j, i) = sum over t, c of a(c, i, t) b(pair, j, ...), where
///   a: bf16 {32, rows, k / 32}            channel, row, tile of channels
///   b: bf16 {2, panel, k / 2, panels}     as a linear's weight
///   c: f32 {j, i}                         one panel of columns, `rows` rows
/// The stage is `int symbol(halide_buffer_t* a, halide_buffer_t* b, halide_buffer_t* c)`. It
/// returns 0 at once when it is asked for bounds, so a schedule must pin what a and c cover (bound,
/// bound_extent), and computes exactly one panel and Microkernel::rows rows otherwise.
Halide::Func microkernel_stage(const Microkernel& microkernel, const Halide::Func& a,
                               const Halide::ImageParam& b, const Halide::Var& j,
                               const Halide::Var& i);

}  // namespace vitgen
