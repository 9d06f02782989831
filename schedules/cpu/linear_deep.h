#pragma once
// for panel of columns                      parallel
//   for k_c input channels                  weights (k_c x panel) stay in L1 or L2
//     for n_r columns of the panel
//       for m_r rows                        the input streams from L2 or memory
//         for k: m_r x n_r FMAs             sums in registers, kept between the k_c in L2
//   epilogue, store
// For sums so long that a panel's weights do not stay in the second cache, where `cpu/linear` reads
// them from behind it for every m_r rows. A sum that rests in memory has the same bits.
// Bound: one FMA per register and cycle.

#include <optional>
#include <vector>

#include "schedules/cpu/linear.h"

namespace vitgen {

struct CpuLinearDeep {
  static constexpr std::string_view name = "cpu/linear_deep";
  using Spec = LinearSpec;
  struct Knobs {
    int k_c = 128;     ///< input channels at a time; divides k
    int m_r = 4;       ///< rows at once; divides them
    int n_r = 16;      ///< columns at once; divides the panel
    int unroll_k = 4;  ///< steps of the sum per loop iteration
    template <class V>
    void visit(V& v) {
      v("k_c", k_c);
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
