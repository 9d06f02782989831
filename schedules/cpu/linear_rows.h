#pragma once
// for tiles of rows                         parallel; the whole weight stays in L1
//   for m_r rows                            the input streams once, from L2 or memory
//     for n_r columns
//       for k: m_r x n_r FMAs               sums in registers, weights from L1, input broadcast
//       epilogue, store
// For many rows of few channels, of which a panel holds too many to share them out.
// Bound: one FMA per register and cycle, or the rows' way through the caches.

#include <optional>
#include <vector>

#include "generators/ops/linear.h"
#include "schedules/machine.h"

namespace vitgen {

struct CpuLinearRows {
  static constexpr std::string_view name = "cpu/linear_rows";
  using Spec = LinearSpec;
  struct Knobs {
    int tiles = 64;    ///< of m_r rows in a task
    int m_r = 4;       ///< rows at once; divides them
    int n_r = 16;      ///< columns at once; divides them
    int unroll_k = 4;  ///< steps of the sum per loop iteration
    template <class V>
    void visit(V& v) {
      v("tiles", tiles);
      v("m_r", m_r);
      v("n_r", n_r);
      v("unroll_k", unroll_k);
    }
  };
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static void apply(Linear& op, const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
