#include "schedules/support/register_tile.h"

namespace vitgen {

using Halide::Func;
using Halide::LoopLevel;
using Halide::RVar;
using Halide::Stage;

Stage sum_in_registers(Func& sums, const RegisterTile& tile, const LoopLevel& at,
                       const std::vector<RVar>& terms) {
  sums.compute_at(at);
  for (const TileSide& side : tile.sides) sums.bound_extent(side.var, side.extent);
  sums.vectorize(tile.sides.front().var, tile.lanes);
  for (const TileSide& side : tile.sides) sums.unroll(side.var);
  return add_in_registers(sums.update(), tile, terms);
}

Stage add_in_registers(Stage stage, const RegisterTile& tile, const std::vector<RVar>& terms) {
  std::vector<Halide::VarOrRVar> loops;
  for (const TileSide& side : tile.sides) loops.emplace_back(side.var);
  loops.insert(loops.end(), terms.begin(), terms.end());
  stage.reorder(loops).vectorize(tile.sides.front().var, tile.lanes);
  for (const TileSide& side : tile.sides) stage.unroll(side.var);
  return stage;
}

}  // namespace vitgen
