#pragma once
// What a launch of a kernel on a GPU is called with.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "schedules/device_kernel.h"

namespace vitgen {

/// The bytes of a parameter; of one that is narrower than a number the low ones count.
using LaunchValue = std::vector<std::byte>;

/// What a driver makes of the matrix at `address` that `map` describes.
using MapEncoder =
    std::function<LaunchValue(const microkernels::TensorMap& map, std::uint64_t address)>;

/// The launch's parameters. `operands`: device addresses, in the op's order; `scratch`: that of the
/// kernel's scratch memory. Throws what `encode` throws.
std::vector<LaunchValue> launch_values(const DeviceLaunch& launch,
                                       std::span<const std::uint64_t> operands,
                                       std::uint64_t scratch, const MapEncoder& encode);

}  // namespace vitgen
