#include "schedules/cuda/cosine_attention.h"

#include "schedules/rule.h"

namespace vitgen {

using Halide::Func;
using Halide::MemoryType;

namespace {

std::int64_t shared_bytes(const CosineAttentionSpec& spec) { return std::int64_t{8} * spec.kept; }

}  // namespace

std::optional<ThreadKnobs> CudaCosineAttention::defaults(const Spec& spec, const Machine& machine) {
  if (machine.kind != MachineKind::gpu || shared_bytes(spec) > machine.shared_bytes) {
    return std::nullopt;
  }
  return ThreadKnobs{.threads = threads_for_block(spec.kept, machine)};
}

std::vector<ThreadKnobs> CudaCosineAttention::space(const Spec& spec, const Machine& machine) {
  return thread_space(*defaults(spec, machine), machine);
}

void CudaCosineAttention::apply(CosineAttention& op, const Spec& spec, const Machine& machine,
                                const Knobs& knobs) {
  require_threads(knobs.threads, machine);
  require_knobs(shared_bytes(spec) <= machine.shared_bytes,
                "cosines and weights fit in shared memory");
  const SharedLoop patches{op.r, spec.kept, knobs.threads};
  patches.split(op.output);
  op.output.gpu_blocks(op.b);
  op.total.compute_at(op.output, patches.thread);
  for (Func kept : {op.cosine, op.weight}) {
    kept.compute_at(op.output, op.b).store_in(MemoryType::GPUShared);
    patches.split(kept);
  }
  op.top.compute_at(op.weight, patches.thread);
  op.first_square.compute_at(op.cosine, patches.thread);
  for (Func sum : {op.first_square, op.square, op.dot}) {
    sum.update().unroll(op.c, largest_divisor(spec.width, kReadsUnderWay));
  }
  op.square.compute_at(op.cosine, patches.step);
  op.dot.compute_at(op.cosine, patches.step);
}

}  // namespace vitgen
