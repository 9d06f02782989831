#include "schedules/cpu/gate.h"

#include <algorithm>

#include "schedules/rule.h"
#include "schedules/support/elementwise.h"

namespace vitgen {

std::optional<CpuGate::Knobs> CpuGate::defaults(const GateSpec& spec, const Machine& machine) {
  if (machine.kind != MachineKind::cpu) return std::nullopt;
  // Some 100 KiB of a DINOv2 giant: large against the start of a task, small against a core's
  // share.
  return Knobs{.rows_per_task = std::min(8, spec.rows)};
}

std::vector<CpuGate::Knobs> CpuGate::space(const GateSpec& spec, const Machine&) {
  std::vector<Knobs> space;
  for (const int rows : {4, 8, 16, 32}) {
    space.push_back({.rows_per_task = std::min(rows, spec.rows)});
    if (rows >= spec.rows) break;
  }
  return space;
}

void CpuGate::apply(Gate& op, const GateSpec& spec, const Machine& machine, const Knobs& knobs) {
  require_knobs(knobs.rows_per_task >= 1 && knobs.rows_per_task <= spec.rows,
                "1 <= rows_per_task <= rows");
  const Halide::Var task("task"), row("row");
  op.output.split(op.i, task, row, knobs.rows_per_task, Halide::TailStrategy::GuardWithIf)
      .reorder(op.c, row, task)
      .parallel(task);
  vectorize_exact(op.output, op.c, spec.width, machine.lanes(DType::f32));
}

}  // namespace vitgen
