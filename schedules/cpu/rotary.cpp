#include "schedules/cpu/rotary.h"

#include <algorithm>

#include "schedules/rule.h"
#include "schedules/support/elementwise.h"

namespace vitgen {

std::optional<CpuRotary::Knobs> CpuRotary::defaults(const RotarySpec& spec,
                                                    const Machine& machine) {
  if (machine.kind != MachineKind::cpu) return std::nullopt;
  // Some 100 KiB of a ViT-B: large against the start of a task, small against a core's share.
  return Knobs{.tokens_per_task = std::min(16, spec.rows())};
}

std::vector<CpuRotary::Knobs> CpuRotary::space(const RotarySpec& spec, const Machine&) {
  std::vector<Knobs> space;
  for (const int tokens : {4, 8, 16, 32}) {
    space.push_back({.tokens_per_task = std::min(tokens, spec.rows())});
    if (tokens >= spec.rows()) break;
  }
  return space;
}

void CpuRotary::apply(Rotary& op, const RotarySpec& spec, const Machine& machine,
                      const Knobs& knobs) {
  require_knobs(knobs.tokens_per_task >= 1 && knobs.tokens_per_task <= spec.rows(),
                "1 <= tokens_per_task <= batch tokens");
  const Halide::Var task("task"), token("token"), part("part"), head("head");
  // Unrolled, q, k and v and the two halves are loops of their own, without a choice inside.
  op.output.split(op.i, task, token, knobs.tokens_per_task, Halide::TailStrategy::GuardWithIf)
      .split(op.g, part, head, spec.heads, Halide::TailStrategy::RoundUp)
      .reorder(op.j, op.side, head, part, token, task)
      .unroll(op.side)
      .unroll(part)
      .parallel(task);
  vectorize_exact(op.output, op.j, spec.half(), machine.lanes(DType::f32));
}

}  // namespace vitgen
