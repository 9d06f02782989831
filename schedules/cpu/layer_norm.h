#pragma once
// for rows_per_task rows                    parallel
//   for row                                 the row (3 KB at width 768) stays in L1 for all passes
//     sum over 16 lanes, mean; squares over 16 lanes, 1/std; output in whole vectors
// Bound: memory; one read and one write of the tokens.

#include <optional>
#include <vector>

#include "generators/ops/layer_norm.h"
#include "schedules/machine.h"

namespace vitgen {

struct CpuLayerNorm {
  static constexpr std::string_view name = "cpu/layer_norm";
  using Spec = LayerNormSpec;
  struct Knobs {
    int rows_per_task = 16;
    int unroll_blocks = 4;
    template <class V>
    void visit(V& v) {
      v("rows_per_task", rows_per_task);
      v("unroll_blocks", unroll_blocks);
    }
  };
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static void apply(LayerNorm& op, const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
