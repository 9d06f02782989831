#include "schedules/cuda/attention_pool.h"

#include "schedules/rule.h"

namespace vitgen {

namespace {

bool fits(const AttentionPoolSpec& spec, const Machine& machine) {
  return spec.batch <= kMostBlocksAcross && std::int64_t{4} * spec.pooled() <= machine.shared_bytes;
}

}  // namespace

std::optional<ThreadKnobs> CudaAttentionPool::defaults(const Spec& spec, const Machine& machine) {
  if (machine.kind != MachineKind::gpu || !fits(spec, machine)) return std::nullopt;
  return ThreadKnobs{.threads = threads_for_block(spec.head_size, machine)};
}

std::vector<ThreadKnobs> CudaAttentionPool::space(const Spec& spec, const Machine& machine) {
  return thread_space(*defaults(spec, machine), machine);
}

void CudaAttentionPool::apply(AttentionPool& op, const Spec& spec, const Machine& machine,
                              const Knobs& knobs) {
  require_threads(knobs.threads, machine);
  require_knobs(fits(spec, machine), "at most 65535 images; the powers fit in shared memory");
  const int under_way = largest_divisor(spec.pooled(), kReadsUnderWay);
  const SharedLoop channels{op.d, spec.head_size, knobs.threads};
  channels.split(op.output);
  op.output.gpu_blocks(op.h, op.b);
  op.acc.compute_at(op.output, channels.step);
  op.acc.update().unroll(op.all, under_way);
  op.total.compute_at(op.output, channels.thread);

  const SharedLoop tokens{op.t, spec.pooled(), knobs.threads};
  op.power.compute_at(op.output, op.h).store_in(Halide::MemoryType::GPUShared);
  tokens.split(op.power);
  op.top.compute_at(op.power, tokens.thread);
  op.top.update().unroll(op.all, under_way);
}

}  // namespace vitgen
