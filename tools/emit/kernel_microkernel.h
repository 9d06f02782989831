#pragma once
// Puts the code of micro-kernels into a kernel's object file, where Halide only calls them.

#include <filesystem>

#include "schedules/rule.h"

namespace vitgen {

/// Rewrites the file `object`. Throws KERNEL_MICROKERNEL if the machine has no instructions for one
/// of the algorithm's micro-kernels.
void add_microkernels(const std::filesystem::path& object, const Algorithm& algorithm,
                      const Machine& machine);

}  // namespace vitgen
