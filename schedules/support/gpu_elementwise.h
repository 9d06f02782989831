#pragma once
// for block of `threads` elements           gpu blocks, over all dimensions of the output as one
//   for element                             gpu threads; neighbours read and write neighbours
// The schedule of ops whose every element is computed from a few operands by itself: sums, gates,
// copies. A grid of one dimension has no shape that does not fit, and only the last block is not
// whole. Bound: memory.

#include <optional>
#include <vector>

#include "generators/base/op_spec.h"
#include "schedules/support/gpu_block.h"

namespace vitgen {

/// Nothing for a CPU, and where a 32-bit index does not reach all elements.
std::optional<ThreadKnobs> element_defaults(const Operand& output, const Machine& machine);

/// Schedules a func of so many elements, whose extents are pinned. Returns the loop over threads,
/// for what each of them computes before its element.
Halide::Var put_elements_on_gpu(Halide::Func func, std::int64_t elements, const Machine& machine,
                                const ThreadKnobs& knobs);

/// A rule whose whole schedule is this one.
template <class Op>
struct GpuElementwise {
  using Spec = Op;
  using Knobs = ThreadKnobs;
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine) {
    return element_defaults(operands(spec).back(), machine);
  }
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine) {
    return thread_space(*defaults(spec, machine), machine);
  }
  static void apply(auto& op, const Spec& spec, const Machine& machine, const Knobs& knobs) {
    put_elements_on_gpu(op.output, operands(spec).back().elements(), machine, knobs);
  }
};

}  // namespace vitgen
