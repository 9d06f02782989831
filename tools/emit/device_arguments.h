#pragma once
// What a launch of a kernel on a GPU is called with.

#include <cstdint>
#include <span>
#include <vector>

#include "schedules/device_kernel.h"

namespace vitgen {

/// The launch's parameters, each in the low bytes of a number. `operands`: device addresses, in the
/// op's order; `scratch`: that of the kernel's scratch memory.
std::vector<std::uint64_t> launch_values(const DeviceLaunch& launch,
                                         std::span<const std::uint64_t> operands,
                                         std::uint64_t scratch);

}  // namespace vitgen
