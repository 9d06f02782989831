#pragma once
// A tile of sums that stay in vector registers while a product's terms are added.

#include <Halide.h>

#include <vector>

#include "schedules/machine.h"

namespace vitgen {

/// Registers of rows x vectors sums, of as many vectors of weights as are held at once, and of one
/// broadcast of the other factor. One vector of weights is the least: the others are then read
/// where they are used.
constexpr int tile_registers(int rows, int vectors, int held_weights = 1) {
  return rows * vectors + held_weights + 1;
}

/// The most vectors of sums in a tile that a knob may ask for, also of tiles that no registers
/// hold: all of it is unrolled, and one of thousands would compile for minutes.
inline constexpr int kMostTileVectors = 64;

/// Sums that a CPU can have under way at once: with fewer its FMA units wait.
constexpr int sums_under_way(const Machine& machine) {
  return machine.fma_latency * machine.fmas_per_cycle;
}

/// A dimension of the sums, and the tile's extent along it.
struct TileSide {
  Halide::Var var;
  int extent = 1;
};

struct RegisterTile {
  std::vector<TileSide> sides;  ///< innermost first; `lanes` divides the extent of the first
  int lanes = 1;                ///< of the vectors that the first side is cut into
};

/// Computes `tile` of `sums`, begun and added to, in each iteration of the loop `at` of another
/// Func. All of the tile is unrolled, so that its sums are registers; the loops over `terms`,
/// innermost first, stand around it. Returns the stage that adds, for those to be unrolled, too.
Halide::Stage sum_in_registers(Halide::Func& sums, const RegisterTile& tile,
                               const Halide::LoopLevel& at, const std::vector<Halide::RVar>& terms);

/// A stage that adds more terms to such sums.
Halide::Stage add_in_registers(Halide::Stage stage, const RegisterTile& tile,
                               const std::vector<Halide::RVar>& terms);

}  // namespace vitgen
