#pragma once
// for row                                   gpu blocks
//   the row (3 KB at width 768)             shared memory, loaded by all threads
//   for 16 lanes: sum, sum of squares       the first 16 threads: the op fixes the lanes
//   for channel: normalise, store           all threads
// Mean and deviation are computed by one thread, in shared memory. Bound: memory, one read and one
// write of the tokens; below a thousand rows the latency of both chains of sums.

#include <optional>
#include <vector>

#include "generators/ops/layer_norm.h"
#include "schedules/machine.h"

namespace vitgen {

struct CudaLayerNorm {
  static constexpr std::string_view name = "cuda/layer_norm";
  using Spec = LayerNormSpec;
  struct Knobs {
    int threads = 128;      ///< of a block
    int unroll_blocks = 4;  ///< of 16 channels
    int staged = 1;         ///< 0: a row stays in memory, where it does not fit in shared memory
    template <class V>
    void visit(V& v) {
      v("threads", threads);
      v("unroll_blocks", unroll_blocks);
      v("staged", staged);
    }
  };
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static void apply(LayerNorm& op, const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
