#include "schedules/cuda/pool.h"

namespace vitgen {

void CudaPool::apply(Pool& op, const PoolSpec& spec, const Machine& machine, const Knobs& knobs) {
  const Halide::Var thread =
      put_elements_on_gpu(op.output, operands(spec).back().elements(), machine, knobs);
  if (op.algorithm.stages.empty()) return;
  op.total.compute_at(op.output, thread);
  op.total.update().unroll(op.t, largest_divisor(spec.tokens - spec.prefix, kReadsUnderWay));
}

}  // namespace vitgen
