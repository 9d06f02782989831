#pragma once
// A matrix in a GPU's memory as bulk copies are told of it.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/table.h"
#include "tools/measure/gpu.h"

namespace vitgen {

/// What the driver makes of the matrix at `address` that `map` describes: the parameter of a
/// kernel. Throws target GPU_CALL where the driver is older than such maps, internal GPU_CALL where
/// it refuses this one.
std::vector<std::byte> gpu_tensor_map(const Gpu& gpu, const vitgen_tensor_map& map,
                                      std::uint64_t address);

}  // namespace vitgen
