#pragma once
// A product on a CPU whose factors are narrower in memory than in arithmetic, and whose weight
// [n][k] has no panels: both are widened once, the weight into strips of n_r columns.

#include <Halide.h>

#include <vector>

#include "schedules/machine.h"
#include "schedules/support/panel_tile.h"

namespace vitgen {

/// The Funcs of a clamped form: output(j, row, outer...) of acc, which adds
/// input_tile(c, row, outer...) weight_tile(j, c) for c in k.
struct NarrowProduct {
  Halide::Func output, acc, input_tile, weight_tile;
  Halide::Var j;                     ///< columns
  Halide::Var c;                     ///< terms, in the copies of the factors
  Halide::RDom k;                    ///< terms, in acc
  Halide::Var row;                   ///< what m_r cuts
  std::vector<Halide::Var> outer;    ///< further dimensions of rows
  bool reads_output_places = false;  ///< the caller's memory at the output's places: a residual
};

/// As if the columns were stored in panels as wide as tiles may be; n in whole vectors.
TileShape narrow_shape(int rows, int k, int n, const Machine& machine);

/// input widened: rows x k                   parallel
/// for strip of n_r columns                  parallel
///   weights widened and turned: k x n_r     L2
///   for outer, for m_r rows                 the input streams from L2/L1
///     for k: m_r x n_r FMAs                 sums in registers, weights from L1, input broadcast
///     epilogue, store
/// Throws KNOBS_ILLEGAL.
void schedule_narrow_product(NarrowProduct product, const TileShape& shape, int n,
                             const TileKnobs& knobs, const Machine& machine);

}  // namespace vitgen
