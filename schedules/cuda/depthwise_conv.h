#pragma once
// for block, for element                    one thread for each,
// schedules/support/gpu_elementwise.h
//   for taps                                sum in a register; a row is read again from L1
// Bound: reads of L1, two for each multiply-add.

#include "generators/ops/depthwise_conv.h"
#include "schedules/support/gpu_elementwise.h"

namespace vitgen {

struct CudaDepthwiseConv : GpuElementwise<DepthwiseConvSpec> {
  static constexpr std::string_view name = "cuda/depthwise_conv";
  static void apply(DepthwiseConv& op, const Spec& spec, const Machine& machine,
                    const Knobs& knobs);
};

}  // namespace vitgen
