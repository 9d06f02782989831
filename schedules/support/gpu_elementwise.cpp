#include "schedules/support/gpu_elementwise.h"

#include <cstdint>
#include <limits>

namespace vitgen {

using Halide::TailStrategy;
using Halide::Var;

std::optional<ThreadKnobs> element_defaults(const Operand& output, const Machine& machine) {
  if (machine.kind != MachineKind::gpu) return std::nullopt;
  // The last block reaches a little further than the elements.
  const std::int64_t most = std::numeric_limits<std::int32_t>::max() - machine.max_threads;
  if (output.elements() > most) return std::nullopt;
  return ThreadKnobs{.threads = threads_for_grid(output.elements(), machine)};
}

Var put_elements_on_gpu(Halide::Func func, std::int64_t elements, const Machine& machine,
                        const ThreadKnobs& knobs) {
  require_threads(knobs.threads, machine);
  const std::vector<Var> dims = func.args();
  Var element("element"), block("block"), thread("thread");
  Var all = dims[0];
  for (std::size_t d = 1; d < dims.size(); ++d) {
    func.fuse(all, dims[d], element);
    all = element;
  }
  func.gpu_tile(all, block, thread, knobs.threads,
                elements % knobs.threads == 0 ? TailStrategy::RoundUp : TailStrategy::GuardWithIf);
  return thread;
}

}  // namespace vitgen
