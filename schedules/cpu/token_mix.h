#pragma once
// for image                                 parallel
//   for n_c channels
//     for m_r output tokens
//       for j: m_r x n_c FMAs               sums in registers, the weight broadcast
//       activation, scale and shift, store
// Bound: one FMA per register and cycle; an image's tokens stay in L1 and L2.

#include <optional>
#include <vector>

#include "generators/ops/token_mix.h"
#include "schedules/machine.h"

namespace vitgen {

struct CpuTokenMix {
  static constexpr std::string_view name = "cpu/token_mix";
  using Spec = TokenMixSpec;
  struct Knobs {
    int m_r = 6;       ///< output tokens of a register tile
    int n_c = 16;      ///< its channels: whole vectors that divide the width
    int unroll_j = 1;  ///< steps of the sum per loop iteration
    template <class V>
    void visit(V& v) {
      v("m_r", m_r);
      v("n_c", n_c);
      v("unroll_j", unroll_j);
    }
  };
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static void apply(TokenMix& op, const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
