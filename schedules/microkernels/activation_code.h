#pragma once
// The activations of generators/ops/support/epilogue.h in a GPU's f32, with its fast exponential
// and reciprocal. Each is x times an inner function in [0, 1] that is off by at most 8 u, u =
// 2^-24, or tanh with that relative error: what tools/verify allows of the CPU's.

#include "schedules/microkernels/activation.h"
#include "schedules/microkernels/float_code.h"

namespace vitgen::microkernels {

llvm::Value* activate(FloatCode& floats, llvm::IRBuilder<>& ir, llvm::Value* x,
                      DeviceActivation activation);

}  // namespace vitgen::microkernels
