#include "schedules/cpu/attention_pool.h"

#include "schedules/support/elementwise.h"

namespace vitgen {

std::optional<CpuAttentionPool::Knobs> CpuAttentionPool::defaults(const AttentionPoolSpec&,
                                                                  const Machine& machine) {
  if (machine.kind != MachineKind::cpu) return std::nullopt;
  return Knobs{};
}

void CpuAttentionPool::apply(AttentionPool& op, const AttentionPoolSpec& spec,
                             const Machine& machine, const Knobs&) {
  const int lanes = exact_lanes(spec.head_size, machine.lanes(DType::f32));
  const Halide::Var task("task");
  op.output.fuse(op.h, op.b, task).parallel(task);
  vectorize_exact(op.output, op.d, spec.head_size, machine.lanes(DType::f32));
  op.top.compute_at(op.output, task);
  // Where the tokens are fewer than a vector, or do not fill the last, the rest is computed twice.
  op.power.compute_at(op.output, task);
  if (spec.pooled() >= machine.lanes(DType::f32)) {
    op.power.vectorize(op.t, machine.lanes(DType::f32), Halide::TailStrategy::ShiftInwards);
  }
  op.total.compute_at(op.output, task);
  op.acc.compute_at(op.output, task);
  if (lanes == 1) return;
  op.acc.vectorize(op.d, lanes, Halide::TailStrategy::RoundUp);
  op.acc.update().reorder(op.d, op.all).vectorize(op.d, lanes, Halide::TailStrategy::RoundUp);
}

}  // namespace vitgen
