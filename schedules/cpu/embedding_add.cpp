#include "schedules/cpu/embedding_add.h"

#include <algorithm>

#include "schedules/rule.h"
#include "schedules/support/elementwise.h"

namespace vitgen {

using Halide::TailStrategy;
using Halide::Var;

std::optional<CpuEmbeddingAdd::Knobs> CpuEmbeddingAdd::defaults(const EmbeddingAddSpec& spec,
                                                                const Machine& machine) {
  if (machine.kind != MachineKind::cpu) return std::nullopt;
  // Some 100 KiB of a ViT-B: large against the start of a task, small against a core's share.
  return Knobs{.tokens_per_task = std::min(32, spec.prefix + spec.patches)};
}

std::vector<CpuEmbeddingAdd::Knobs> CpuEmbeddingAdd::space(const EmbeddingAddSpec& spec,
                                                           const Machine&) {
  std::vector<Knobs> space;
  for (const int tokens : {8, 16, 32, 64}) {
    space.push_back({.tokens_per_task = std::min(tokens, spec.prefix + spec.patches)});
    if (tokens >= spec.prefix + spec.patches) break;
  }
  return space;
}

void CpuEmbeddingAdd::apply(EmbeddingAdd& op, const EmbeddingAddSpec& spec, const Machine& machine,
                            const Knobs& knobs) {
  require_knobs(knobs.tokens_per_task >= 1 && knobs.tokens_per_task <= spec.prefix + spec.patches,
                "1 <= tokens_per_task <= tokens");
  Var block("block"), token("token"), task("task");
  op.output.split(op.t, block, token, knobs.tokens_per_task, TailStrategy::GuardWithIf)
      .reorder(op.c, token, block, op.b)
      .fuse(block, op.b, task)
      .parallel(task);
  vectorize_exact(op.output, op.c, spec.width, machine.lanes(DType::f32));
}

}  // namespace vitgen
