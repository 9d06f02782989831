#include "schedules/cpu/pool.h"

#include "schedules/support/elementwise.h"

namespace vitgen {

std::optional<CpuPool::Knobs> CpuPool::defaults(const PoolSpec&, const Machine& machine) {
  if (machine.kind != MachineKind::cpu) return std::nullopt;
  return Knobs{};
}

void CpuPool::apply(Pool& op, const PoolSpec& spec, const Machine& machine, const Knobs&) {
  op.output.parallel(op.b);
  vectorize_exact(op.output, op.c, spec.width, machine.lanes(DType::f32));
  if (op.algorithm.stages.empty()) return;
  const int lanes = exact_lanes(spec.width, machine.lanes(DType::f32));
  op.total.compute_at(op.output, op.b);
  if (lanes == 1) return;
  op.total.vectorize(op.c, lanes, Halide::TailStrategy::RoundUp);
  op.total.update().reorder(op.c, op.t).vectorize(op.c, lanes, Halide::TailStrategy::RoundUp);
}

}  // namespace vitgen
