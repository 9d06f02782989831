#pragma once
// for block of an image, a head and 16 warps queries     gpu blocks; q in registers
//   for block_keys keys                                  shared memory, copied a step ahead
//     for warp: scores, online softmax, times v          registers, mma.m16n8k16
//   store
// Written by schedules/microkernels/tensor_attention.h. Bound: tensor cores and exponentials.
// Fewer warps are for few images: 12 heads of 197 tokens are 48 blocks of 64 queries.

#include <optional>
#include <vector>

#include "generators/ops/attention.h"
#include "schedules/device_kernel.h"
#include "schedules/machine.h"
#include "schedules/microkernels/tensor_attention.h"

namespace vitgen {

struct CudaAttentionTensor {
  static constexpr std::string_view name = "cuda/attention_tensor";
  using Spec = AttentionSpec;
  struct Knobs {
    microkernels::AttentionTile tile;

    template <class V>
    void visit(V& v) {
      v("warps", tile.warps);
      v("block_keys", tile.block_keys);
      v("blocks", tile.blocks);
    }
  };
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static DeviceKernel device_kernel(const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
