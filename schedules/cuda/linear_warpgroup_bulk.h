#pragma once
// for tile of block_m rows x block_n columns         gpu blocks, each several tiles
//   for 64 terms                                     shared memory, by bulk copies of one thread
//     for 64 rows: wgmma                             sums in the registers of a warpgroup; those of
//                                                    one step end while the next is begun
//   epilogue, store                                  beside the copies for the next tile
// Written by schedules/microkernels/bulk_product.h, for layers whose columns are whole chunks of 8.
// Bound: the tensor cores with tiles of 192 x 256, reads from L2 with all others.

#include <optional>
#include <vector>

#include "generators/ops/linear.h"
#include "schedules/device_kernel.h"
#include "schedules/machine.h"
#include "schedules/microkernels/bulk_product.h"
#include "schedules/support/tensor_cores.h"

namespace vitgen {

struct CudaLinearWarpgroupBulk {
  static constexpr std::string_view name = "cuda/linear_warpgroup_bulk";
  using Spec = LinearSpec;
  using Knobs = WarpgroupKnobs<microkernels::BulkTile>;
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static DeviceKernel device_kernel(const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
