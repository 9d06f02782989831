#include "schedules/cuda/depthwise_conv.h"

namespace vitgen {

void CudaDepthwiseConv::apply(DepthwiseConv& op, const Spec& spec, const Machine& machine,
                              const Knobs& knobs) {
  const Halide::Var thread =
      put_elements_on_gpu(op.output, operands(spec).back().elements(), machine, knobs);
  op.row.compute_inline();
  op.acc.compute_at(op.output, thread);
  op.acc.update().unroll(op.k, largest_divisor(spec.taps, kReadsUnderWay));
  op.activated.compute_at(op.output, thread);
}

}  // namespace vitgen
