#pragma once
// Both factors narrower in memory than in arithmetic; the weight [n][k] has no panels. Both are
// widened once, the weight into strips of n_r columns.
//
// mean and deviation of rows                 parallel, where the product is of normalised ones
// input widened: rows x k                    parallel
// for strip of n_r columns                   parallel
//   weights widened and turned: k x n_r      L2
//   for m_r rows                             the input streams from L2/L1
//     for k: m_r x n_r FMAs                  sums in registers, weights from L1, input broadcast
//     epilogue, store
// statistics of rows                         parallel, where they are wanted
// Bound: one FMA per register and cycle where rows are many; to widen a strip takes as long as some
// 40 rows of its products.

#include <optional>
#include <vector>

#include "generators/ops/linear.h"
#include "schedules/support/panel_tile.h"

namespace vitgen {

struct CpuLinearNarrow {
  static constexpr std::string_view name = "cpu/linear_narrow";
  static constexpr LinearForm form = LinearForm::clamped_tiles;
  using Spec = LinearSpec;
  using Knobs = TileKnobs;
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static void apply(Linear& op, const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
