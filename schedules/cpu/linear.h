#pragma once
// for panel of columns                      parallel; its weights (panel x k) stay in L2
//   for n_r columns of the panel
//     for m_r rows                          the input streams from L2/L1
//       for k: m_r x n_r FMAs               sums in registers, weights from L1, input broadcast
//       epilogue, store
// Bound: one FMA per register and cycle; m_r n_r / lanes sums, n_r / lanes weights and one
// broadcast fill the registers.

#include <optional>
#include <vector>

#include "generators/ops/linear.h"
#include "schedules/machine.h"
#include "schedules/support/panel_tile.h"

namespace vitgen {

struct CpuLinear {
  static constexpr std::string_view name = "cpu/linear";
  using Spec = LinearSpec;
  using Knobs = TileKnobs;
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static void apply(Linear& op, const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
