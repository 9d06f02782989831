#include "schedules/cuda/soft_cross_entropy.h"

#include "schedules/rule.h"

namespace vitgen {

using Halide::Func;

namespace {

std::int64_t shared_bytes(const SoftCrossEntropySpec& spec) { return std::int64_t{12} * spec.rows; }

}  // namespace

std::optional<ThreadKnobs> CudaSoftCrossEntropy::defaults(const Spec& spec,
                                                          const Machine& machine) {
  if (machine.kind != MachineKind::gpu || shared_bytes(spec) > machine.shared_bytes) {
    return std::nullopt;
  }
  return ThreadKnobs{.threads = threads_for_block(spec.rows, machine)};
}

std::vector<ThreadKnobs> CudaSoftCrossEntropy::space(const Spec& spec, const Machine& machine) {
  return thread_space(*defaults(spec, machine), machine);
}

void CudaSoftCrossEntropy::apply(SoftCrossEntropy& op, const Spec& spec, const Machine& machine,
                                 const Knobs& knobs) {
  require_threads(knobs.threads, machine);
  require_knobs(shared_bytes(spec) <= machine.shared_bytes, "the terms fit in shared memory");
  op.output.gpu_blocks(op.b).gpu_threads(op.k);
  op.sums.compute_at(op.output, op.k);

  const SharedLoop rows{op.r, spec.rows, knobs.threads};
  op.terms.compute_at(op.output, op.b).store_in(Halide::MemoryType::GPUShared);
  rows.split(op.terms);
  op.terms.reorder(op.k, rows.step, rows.thread).unroll(op.k);
  for (Func sum : {op.top, op.exponentials, op.mass, op.product, op.better, op.rank}) {
    sum.compute_at(op.terms, rows.step);
  }
}

}  // namespace vitgen
