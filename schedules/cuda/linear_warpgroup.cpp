#include "schedules/cuda/linear_warpgroup.h"

#include "schedules/rule.h"
#include "schedules/support/tensor_cores.h"

namespace vitgen {

using microkernels::WarpgroupTile;

namespace {

bool fits(const Machine& machine, const WarpgroupTile& tile) {
  if (!is_legal(tile)) return false;
  constexpr int kOthers = 48;  // registers of a thread beside its sums: addresses
  const int threads = threads_of(tile);
  return fits_multiprocessor(machine, tile.blocks, threads, shared_bytes(tile),
                             tile.block_m * tile.block_n / threads + kOthers);
}

std::vector<WarpgroupTile> tiles_for(const LinearSpec& spec, const Machine& machine) {
  std::vector<WarpgroupTile> tiles;
  if (!machine.warpgroup_products || !tensor_product_of(spec)) return tiles;
  for (const WarpgroupTile& tile : microkernels::kWarpgroupTiles) {
    if (fits(machine, tile)) tiles.push_back(tile);
  }
  return tiles;
}

}  // namespace

std::optional<CudaLinearWarpgroup::Knobs> CudaLinearWarpgroup::defaults(const LinearSpec& spec,
                                                                        const Machine& machine) {
  const std::vector<WarpgroupTile> tiles = tiles_for(spec, machine);
  if (tiles.empty()) return std::nullopt;
  return Knobs{quickest_tile(spec, machine, tiles)};
}

std::vector<CudaLinearWarpgroup::Knobs> CudaLinearWarpgroup::space(const LinearSpec& spec,
                                                                   const Machine& machine) {
  std::vector<Knobs> space;
  for (const WarpgroupTile& tile : tiles_for(spec, machine)) space.push_back({tile});
  return space;
}

DeviceKernel CudaLinearWarpgroup::device_kernel(const LinearSpec& spec, const Machine& machine,
                                                const Knobs& knobs) {
  const auto product = tensor_product_of(spec);
  require_knobs(product && machine.warpgroup_products,
                "16-bit storage, k in whole chunks of 8, wgmma");
  require_knobs(fits(machine, knobs.tile),
                "whole tiles of warpgroups and copies; blocks that fit on a multiprocessor");
  return device_kernel_of(warpgroup_product(*product, knobs.tile), operands(spec).size());
}

}  // namespace vitgen
