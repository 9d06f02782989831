#pragma once
// What the rules for tensor cores share.

#include <optional>
#include <span>
#include <vector>

#include "generators/ops/linear.h"
#include "schedules/device_kernel.h"
#include "schedules/machine.h"
#include "schedules/microkernels/tensor_product.h"

namespace vitgen {

/// An element's type in memory as micro-kernels call it; nothing for one that they lack.
std::optional<microkernels::Element> tensor_element(DType storage);

/// The layer as a micro-kernel computes it; nothing for f32, and where a row is no whole number of
/// the 16 bytes that it copies at a time.
std::optional<microkernels::TensorProduct> tensor_product_of(const LinearSpec& spec);

/// Cycles of a multiprocessor for one term of all sums, with blocks spread evenly. A block takes as
/// long as its products in the tensor cores or, if that is longer, the reads of both factors from
/// L2; rows and columns past the edge count, since they are computed.
double tile_cycles(const LinearSpec& spec, const Machine& machine, int block_m, int block_n);

/// The quickest by tile_cycles, the first of equals.
template <class Tile>
Tile quickest_tile(const LinearSpec& spec, const Machine& machine, const std::vector<Tile>& tiles) {
  return *std::ranges::min_element(tiles, {}, [&](const Tile& tile) {
    return tile_cycles(spec, machine, tile.block_m, tile.block_n);
  });
}

/// Whether `blocks` blocks fit on a multiprocessor, by their shared memory and registers.
bool fits_multiprocessor(const Machine& machine, int blocks, int threads, int shared_bytes,
                         int registers);

/// The micro-kernel's one launch, whose parameters are the op's operands in their order.
DeviceKernel device_kernel_of(const microkernels::DeviceCode& code, std::size_t operands);

}  // namespace vitgen
