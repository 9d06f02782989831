#pragma once
// Tiles of a product over packed panels: their knobs, which are legal, and how they cut columns.

#include <Halide.h>

#include <vector>

#include "schedules/machine.h"

namespace vitgen {

/// Register tile of a matrix product over packed panels.
struct TileKnobs {
  int m_r = 4;       ///< rows
  int n_r = 16;      ///< columns; divides the panel
  int unroll_k = 4;  ///< steps of the sum per loop iteration

  template <class V>
  void visit(V& v) {
    v("m_r", m_r);
    v("n_r", n_r);
    v("unroll_k", unroll_k);
  }
};

/// A matrix product as far as its register tile is concerned.
struct TileShape {
  int rows = 1;   ///< of the dimension that m_r cuts
  int k = 1;      ///< of the loop that unroll_k cuts
  int n = 1;      ///< columns of the output
  int panel = 1;  ///< columns stored together
};

constexpr bool whole_panels(const TileShape& shape) { return shape.n % shape.panel == 0; }

/// The largest register tile for the shape on the machine.
TileKnobs default_tile(const TileShape& shape, const Machine& machine);

/// Every legal tile that the registers hold.
std::vector<TileKnobs> tile_space(const TileShape& shape, const Machine& machine);

/// Throws KNOBS_ILLEGAL.
void check_tile(const TileKnobs& knobs, const TileShape& shape, const Machine& machine);

/// Cuts the output's columns j into (task, strip, lanes): tasks run in parallel and hold one panel,
/// or, where n is not whole panels, one strip of n_r columns with its last stores predicated.
/// Returns {lane, column of vectors, strip, task}, innermost first; some may be undefined.
std::vector<Halide::Var> split_columns(Halide::Func& output, const Halide::Var& j,
                                       const TileKnobs& knobs, const TileShape& shape, int lanes);

}  // namespace vitgen
