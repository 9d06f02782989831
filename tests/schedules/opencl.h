#pragma once
// OpenCL for the GPU schedules, on the CPU through PoCL.

#include <string>

namespace vitgen {

/// Loads OpenCL into this process, where Halide finds it. Returns what is missing, or nothing.
std::string load_opencl();

}  // namespace vitgen
