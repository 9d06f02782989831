#include "schedules/cuda/masked_tokens.h"

#include "schedules/rule.h"

namespace vitgen {

std::optional<ThreadKnobs> CudaMaskedTokens::defaults(const Spec& spec, const Machine& machine) {
  if (machine.kind != MachineKind::gpu || spec.batch > kMostBlocksAcross) return std::nullopt;
  return ThreadKnobs{.threads = threads_for_block(spec.width, machine)};
}

std::vector<ThreadKnobs> CudaMaskedTokens::space(const Spec& spec, const Machine& machine) {
  return thread_space(*defaults(spec, machine), machine);
}

void CudaMaskedTokens::apply(MaskedTokens& op, const Spec& spec, const Machine& machine,
                             const Knobs& knobs) {
  require_threads(knobs.threads, machine);
  require_knobs(spec.batch <= kMostBlocksAcross, "at most 65535 images");
  const SharedLoop channels{op.c, spec.width, knobs.threads};
  channels.split(op.output);
  op.output.gpu_blocks(op.t, op.b);
  op.rank.compute_at(op.output, channels.thread);
  op.rank.update().unroll(op.others, largest_divisor(spec.kept, kReadsUnderWay));
}

}  // namespace vitgen
