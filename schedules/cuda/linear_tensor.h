#pragma once
// for block of block_m rows x block_n columns        gpu blocks
//   for block_k terms                                shared memory, copied stages - 1 steps ahead
//     for warp: mma.m16n8k16                         factors and sums in registers
//   epilogue, store
// Written by schedules/microkernels/tensor_product.h. Bound: tensor cores with blocks of 128 x 128,
// reads from L2 with smaller ones. Those are for layers that would leave multiprocessors idle:
// 197 rows x 768 columns are 12 blocks of 128 x 128 and 84 of 32 x 64.

#include <optional>
#include <vector>

#include "generators/ops/linear.h"
#include "schedules/device_kernel.h"
#include "schedules/machine.h"
#include "schedules/microkernels/tensor_product.h"

namespace vitgen {

struct CudaLinearTensor {
  static constexpr std::string_view name = "cuda/linear_tensor";
  using Spec = LinearSpec;
  struct Knobs {
    microkernels::TensorTile tile;

    template <class V>
    void visit(V& v) {
      v("block_m", tile.block_m);
      v("block_n", tile.block_n);
      v("block_k", tile.block_k);
      v("warps_m", tile.warps_m);
      v("warps_n", tile.warps_n);
      v("stages", tile.stages);
      v("blocks", tile.blocks);
    }
  };
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static DeviceKernel device_kernel(const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
