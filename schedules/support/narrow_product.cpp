#include "schedules/support/narrow_product.h"

#include "schedules/support/register_tile.h"

namespace vitgen {

using Halide::TailStrategy;
using Halide::Var;
using Halide::VarOrRVar;

namespace {

constexpr int kWidestTile = 48;  // columns: three vectors of 16, as the widest panel

// What the caller's memory holds ends with the last column.
TailStrategy column_tail(const NarrowProduct& product, int n, int lanes) {
  if (n % lanes == 0) return TailStrategy::RoundUp;
  return product.reads_output_places ? TailStrategy::Predicate : TailStrategy::PredicateStores;
}

/// All dimensions of rows but the innermost one are one loop.
void widen_rows(NarrowProduct& product, int lanes) {
  Var all = product.outer.empty() ? product.row : product.outer.front();
  product.input_tile.compute_root().vectorize(product.c, lanes, TailStrategy::GuardWithIf);
  for (std::size_t d = 1; d < product.outer.size(); ++d) {
    const Var fused("rows");
    product.input_tile.fuse(all, product.outer[d], fused);
    all = fused;
  }
  product.input_tile.parallel(all);
}

}  // namespace

TileShape narrow_shape(int rows, int k, int n, const Machine& machine) {
  const int lanes = machine.lanes(DType::f32);
  return {.rows = rows, .k = k, .n = (n + lanes - 1) / lanes * lanes, .panel = kWidestTile};
}

void schedule_narrow_product(NarrowProduct product, const TileShape& shape, int n,
                             const TileKnobs& knobs, const Machine& machine) {
  check_tile(knobs, shape, machine);
  const int lanes = machine.lanes(DType::f32);
  const Var task("task"), column("column"), lane("lane"), tile("tile"), row("row");
  std::vector<VarOrRVar> loops = {lane, column, row, tile};
  loops.insert(loops.end(), product.outer.begin(), product.outer.end());
  loops.emplace_back(task);
  product.output.split(product.j, column, lane, lanes, column_tail(product, n, lanes))
      .split(column, task, column, knobs.n_r / lanes, TailStrategy::RoundUp)
      .split(product.row, tile, row, knobs.m_r, TailStrategy::ShiftInwards)
      .reorder(loops)
      .vectorize(lane)
      .unroll(column)
      .unroll(row)
      .parallel(task);
  const RegisterTile sums{{{product.j, knobs.n_r}, {product.row, knobs.m_r}}, lanes};
  sum_in_registers(product.acc, sums, {product.output, tile}, {product.k})
      .unroll(product.k, knobs.unroll_k);
  product.weight_tile.compute_at(product.output, task)
      .bound_extent(product.j, knobs.n_r)
      .bound_extent(product.c, shape.k)
      .vectorize(product.j, lanes)
      .unroll(product.j);
  widen_rows(product, lanes);
}

}  // namespace vitgen
