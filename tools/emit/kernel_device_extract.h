#pragma once
// A kernel for a GPU, read off the code that Halide lowered for it.
//
// Halide writes a host function that allocates, copies and launches through its own runtime. Every
// extent is pinned, so the launches in it are constants: they and the device code are all that is
// taken.

#include <Halide.h>

#include "schedules/device_kernel.h"

namespace vitgen {

/// Loops of the host around a launch are unrolled. Throws KERNEL_DYNAMIC_LAUNCH if a number of a
/// launch is not known at generation, KERNEL_HOST_CODE if a part of the kernel runs on the CPU,
/// KERNEL_DYNAMIC_SCRATCH if the size of device memory is not known.
DeviceKernel extract_device_kernel(const Halide::Module& module);

}  // namespace vitgen
