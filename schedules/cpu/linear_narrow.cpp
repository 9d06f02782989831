#include "schedules/cpu/linear_narrow.h"

#include <algorithm>

#include "generators/ops/support/lanes.h"
#include "schedules/rule.h"
#include "schedules/support/register_tile.h"

namespace vitgen {

using Halide::TailStrategy;
using Halide::Var;

namespace {

bool is_narrow(const LinearSpec& spec, const Machine& machine) {
  return machine.kind == MachineKind::cpu && spec.storage != DType::f32;
}

/// As if the columns, in whole vectors, were stored in panels as wide as a tile may be.
TileShape shape_of(const LinearSpec& spec, const Machine& machine) {
  return {.rows = spec.rows,
          .k = spec.k,
          .n = padded(spec.n, machine.lanes(DType::f32)),
          .panel = kMaxPanel};
}

// The rows of the caller's residual, and the columns' sums, end with the last column.
TailStrategy column_tail(const LinearSpec& spec, int lanes) {
  if (spec.n % lanes == 0) return TailStrategy::RoundUp;
  const bool reads_columns = spec.epilogue.residual || spec.normalized;
  return reads_columns ? TailStrategy::Predicate : TailStrategy::PredicateStores;
}

// Of a task, so that a thread is worth its start: 768 columns are 24 groups, two chains of as many
// additions of 4 cycles, and 16 rows 3000 cycles.
constexpr int kRowsOfTask = 16;

/// Both numbers of a row together, before the product.
void compute_moments(RowMoments& moments) {
  const Var task("task");
  moments.output.compute_root()
      .bound_extent(moments.m, 2)
      .unroll(moments.m)
      .split(moments.i, task, moments.i, kRowsOfTask, TailStrategy::GuardWithIf)
      .parallel(task);
  for (Halide::Func* sum : {&moments.total, &moments.squares}) {
    sum->compute_at(moments.output, moments.i);
  }
}

/// After the product: a group's lanes are vectors.
void compute_statistics(RowStatistics& statistics, int lanes) {
  const Var task("task");
  statistics.output.unroll(statistics.s)
      .split(statistics.i, task, statistics.i, kRowsOfTask, TailStrategy::GuardWithIf)
      .parallel(task);
  for (Halide::Func stage : statistics.stages()) stage.compute_at(statistics.output, statistics.g);
  for (Halide::Func* sums : {&statistics.lane_total, &statistics.lane_squares}) {
    sums->bound_extent(statistics.lane, kLanes)
        .vectorize(statistics.lane, std::min(lanes, kLanes))
        .unroll(statistics.lane);
  }
}

}  // namespace

std::optional<TileKnobs> CpuLinearNarrow::defaults(const LinearSpec& spec, const Machine& machine) {
  if (!is_narrow(spec, machine)) return std::nullopt;
  return default_tile(shape_of(spec, machine), machine);
}

std::vector<TileKnobs> CpuLinearNarrow::space(const LinearSpec& spec, const Machine& machine) {
  return tile_space(shape_of(spec, machine), machine);
}

void CpuLinearNarrow::apply(Linear& op, const LinearSpec& spec, const Machine& machine,
                            const TileKnobs& knobs) {
  require_knobs(is_narrow(spec, machine), "16-bit storage");
  check_tile(knobs, shape_of(spec, machine), machine);
  const int lanes = machine.lanes(DType::f32);
  const Var task("task"), column("column"), lane("lane"), tile("tile"), row("row");
  op.output.split(op.j, column, lane, lanes, column_tail(spec, lanes))
      .split(column, task, column, knobs.n_r / lanes, TailStrategy::RoundUp)
      .split(op.i, tile, row, knobs.m_r, TailStrategy::ShiftInwards)
      .reorder(lane, column, row, tile, task)
      .vectorize(lane)
      .unroll(column)
      .unroll(row)
      .parallel(task);
  const RegisterTile sums{{{op.j, knobs.n_r}, {op.i, knobs.m_r}}, lanes};
  sum_in_registers(op.acc, sums, {op.output, tile}, {op.k}).unroll(op.k, knobs.unroll_k);
  op.weight_tile.compute_at(op.output, task)
      .bound_extent(op.j, knobs.n_r)
      .bound_extent(op.c, spec.k)
      .vectorize(op.j, lanes)
      .unroll(op.j);
  op.input_tile.compute_root().vectorize(op.c, lanes, TailStrategy::GuardWithIf).parallel(op.i);
  if (spec.normalized) compute_moments(op.moments);
  if (spec.statistics) compute_statistics(op.statistics, lanes);
}

}  // namespace vitgen
