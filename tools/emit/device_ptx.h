#pragma once
// What a module of PTX says of itself, and what Halide leaves out of it.

#include <span>
#include <string>
#include <string_view>

#include "schedules/device_kernel.h"

namespace vitgen {

/// The module with `.maxntid` of the launches' blocks at each entry. Without it a driver has to
/// compile for blocks of 1024 threads, which leaves 64 registers for each. Throws KERNEL_PTX if an
/// entry is absent.
std::string with_block_sizes(std::string ptx, std::span<const DeviceLaunch> launches);

/// Of its line `.target sm_90a`: 90. Throws KERNEL_PTX.
int ptx_capability(std::string_view ptx);

}  // namespace vitgen
