#include "schedules/cuda/argsort.h"

#include "schedules/rule.h"

namespace vitgen {

namespace {

std::int64_t shared_bytes(const ArgsortSpec& spec) { return std::int64_t{4} * spec.keys; }

}  // namespace

std::optional<ThreadKnobs> CudaArgsort::defaults(const Spec& spec, const Machine& machine) {
  if (machine.kind != MachineKind::gpu || shared_bytes(spec) > machine.shared_bytes) {
    return std::nullopt;
  }
  return ThreadKnobs{.threads = threads_for_block(spec.keys, machine)};
}

std::vector<ThreadKnobs> CudaArgsort::space(const Spec& spec, const Machine& machine) {
  return thread_space(*defaults(spec, machine), machine);
}

void CudaArgsort::apply(Argsort& op, const Spec& spec, const Machine& machine, const Knobs& knobs) {
  require_threads(knobs.threads, machine);
  require_knobs(shared_bytes(spec) <= machine.shared_bytes, "the ranks fit in shared memory");
  const SharedLoop places{op.r, spec.count, knobs.threads};
  places.split(op.output);
  op.output.gpu_blocks(op.b);
  op.found.compute_at(op.output, places.step);

  const SharedLoop keys{op.i, spec.keys, knobs.threads};
  op.rank.compute_at(op.output, op.b).store_in(Halide::MemoryType::GPUShared);
  keys.split(op.rank);
  keys.split(op.rank.update());
  op.rank.update().reorder(op.others, keys.step, keys.thread);
}

}  // namespace vitgen
