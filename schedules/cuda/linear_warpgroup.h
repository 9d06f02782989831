#pragma once
// for block of block_m rows x block_n columns        gpu blocks
//   for 64 terms                                     shared memory, copied stages - 2 steps ahead
//     for 64 rows: wgmma                             sums in the registers of a warpgroup; those of
//                                                    one step end while the next is begun
//   epilogue, store
// Written by schedules/microkernels/warpgroup_product.h, for the one architecture that has wgmma.
// By itself it serves layers whose columns are no multiple of 8, which bulk copies cannot describe:
// of others cuda/linear_warpgroup_bulk is asked first.
// Bound: reads from L2, 1.25 times as long as the products with blocks of 128 x 256.

#include <optional>
#include <vector>

#include "generators/ops/linear.h"
#include "schedules/device_kernel.h"
#include "schedules/machine.h"
#include "schedules/microkernels/warpgroup_product.h"
#include "schedules/support/tensor_cores.h"

namespace vitgen {

struct CudaLinearWarpgroup {
  static constexpr std::string_view name = "cuda/linear_warpgroup";
  static constexpr int version = 2;
  using Spec = LinearSpec;
  using Knobs = WarpgroupKnobs<microkernels::WarpgroupTile>;
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static DeviceKernel device_kernel(const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
