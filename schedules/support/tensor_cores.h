#pragma once
// What the rules for tensor cores share.

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
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

/// Whether `blocks` blocks fit on a multiprocessor, by their shared memory and registers.
bool fits_multiprocessor(const Machine& machine, int blocks, int threads, int shared_bytes,
                         int registers);

/// Whether an epilogue with statistics of rows leaves `sums`, beyond what was moved to a thread, in
/// the registers of one of `threads` on a multiprocessor; true without statistics.
bool has_registers_for_statistics(const LinearSpec& spec, const Machine& machine, int threads,
                                  int sums);

/// Knobs that are a tile of whole warpgroups.
template <class Tile>
struct WarpgroupKnobs {
  Tile tile;

  template <class V>
  void visit(V& v) {
    v("block_m", tile.block_m);
    v("block_n", tile.block_n);
    v("stages", tile.stages);
    v("blocks", tile.blocks);
  }
};

/// Those of a rule's tiles that there is code for and that fit on the machine's multiprocessors.
template <class Tile, std::size_t N>
std::vector<Tile> tiles_that_fit(const std::array<Tile, N>& tiles, const LinearSpec& spec,
                                 const Machine& machine) {
  std::vector<Tile> fit;
  std::ranges::copy_if(tiles, std::back_inserter(fit), [&](const Tile& tile) {
    return is_legal(tile) &&
           fits_multiprocessor(machine, tile.blocks, threads_of(tile), shared_bytes(tile),
                               registers_of(tile)) &&
           has_registers_for_statistics(spec, machine, tile.blocks * threads_of(tile),
                                        sums_of(tile) - moved_registers(tile));
  });
  return fit;
}

/// Knobs that hold a tile and nothing else: those of the quickest by tile_cycles, the first of
/// equals. Nothing without tiles.
template <class Knobs, class Tile>
std::optional<Knobs> quickest_knobs(const LinearSpec& spec, const Machine& machine,
                                    const std::vector<Tile>& tiles) {
  if (tiles.empty()) return std::nullopt;
  return Knobs{*std::ranges::min_element(tiles, {}, [&](const Tile& tile) {
    return tile_cycles(spec, machine, tile.block_m, tile.block_n);
  })};
}

/// Likewise of all tiles.
template <class Knobs, class Tile>
std::vector<Knobs> knobs_of(const std::vector<Tile>& tiles) {
  std::vector<Knobs> knobs;
  for (const Tile& tile : tiles) knobs.push_back({tile});
  return knobs;
}

/// The micro-kernel's one launch, whose parameters are the op's operands in their order.
DeviceKernel device_kernel_of(const microkernels::DeviceCode& code, std::size_t operands);

}  // namespace vitgen
