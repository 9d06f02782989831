#pragma once
// A kernel's parallel loop, run by the workers of its context.

#include "runtime/halide_abi.h"
#include "runtime/worker.h"

namespace vitgen::rt {

/// Runs task(worker, index, closure) for index = min .. min + size - 1. Indices are handed out one
/// by one; the first failure stops the others and its code and text are given to `caller`.
int parallel_loop(Worker& caller, HalideTask task, int min, int size, uint8_t* closure);

/// Rounding to nearest, denormals kept, exceptions masked: what every kernel is tested with.
enum : uint32_t { kDefaultMxcsr = 0x1f80 };

}  // namespace vitgen::rt
