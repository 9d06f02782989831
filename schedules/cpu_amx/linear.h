#pragma once
// all rows rounded to bf16, in tiles        parallel over groups of rows
// for panel of columns                      parallel; its weights (panel x k) stay in L2
//   for m_c rows                            their input (m_c x k) comes from L2
//     m_c x panel sums                      micro-kernel: 2 x 2 tiles in tile registers
//     epilogue, store                       sums from L1 or L2
// Bound: the tile unit, 16 cycles for 16 x 16 x 32 multiply-adds.

#include <optional>

#include "generators/ops/linear.h"
#include "schedules/machine.h"

namespace vitgen {

struct CpuAmxLinear {
  static constexpr std::string_view name = "cpu_amx/linear";
  using Spec = LinearSpec;
  struct Knobs {
    int m_c = 16;  ///< rows of one call of the micro-kernel

    template <class V>
    void visit(V& v) {
      v("m_c", m_c);
    }
  };
  static Linear define_with(const Spec& spec, const Knobs& knobs);
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static void apply(Linear& op, const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
