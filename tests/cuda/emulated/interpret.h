#pragma once
// Launches of the fake driver done by the interpreter of PTX.

#include "tests/cuda/fake/fake_cuda.h"

namespace vitgen::fake_cuda {

/// Runs the launch on the memory that is allocated now. What the interpreter finds wrong goes to
/// stderr, and the result is that of a kernel that failed.
int interpret(const Launch& launch);

/// Milliseconds that all launches so far took: a microsecond for each instruction of a thread, so
/// that the same work always takes the same time.
double interpreted_time();

}  // namespace vitgen::fake_cuda
