#include "schedules/support/panel_tile.h"

#include <algorithm>

#include "schedules/rule.h"
#include "schedules/support/register_tile.h"

namespace vitgen {

using Halide::Func;
using Halide::TailStrategy;
using Halide::Var;

namespace {

// Of so many loads one does not hide behind the multiply-adds.
constexpr int kLoadsPerFma = 4;

// Sums, one row of weights and one broadcast fit the register file. Of those the height with the
// least work: all tiles have the same, also the last one; fewer sums than can be under way leave
// gaps; loads, one per row and column of vectors, hide only in part.
int default_rows(const TileShape& shape, int columns, const Machine& machine) {
  int most = 1;
  while (tile_registers(most + 1, columns, columns) <= machine.vector_registers) ++most;
  const auto work = [&](int m_r) {
    const int tiles = (shape.rows + m_r - 1) / m_r;
    const int sums = std::max(m_r * columns, sums_under_way(machine));
    return tiles * (kLoadsPerFma * sums + m_r + columns);
  };
  int best = most;
  for (int m_r = most - 1; m_r >= 1; --m_r) {
    if (work(m_r) < work(best)) best = m_r;
  }
  return best;
}

int vectors(const TileShape& shape, int lanes) { return (shape.n + lanes - 1) / lanes; }

// Strips must tile the panel; without whole panels they must also tile the vectors of n.
bool strip_fits(int n_r, const TileShape& shape, int lanes) {
  return n_r >= lanes && n_r % lanes == 0 && shape.panel % n_r == 0 &&
         (whole_panels(shape) || vectors(shape, lanes) % (n_r / lanes) == 0);
}

}  // namespace

TileKnobs default_tile(const TileShape& shape, const Machine& machine) {
  const int lanes = machine.lanes(DType::f32);
  // 32 registers hold a tile three vectors wide, 16 one of two: a strip of weights then also stays
  // in a small L1 (6 x 16 against 4 x 24 on a Zen 3: time 0.80 to 0.91 at k = 192 to 3072).
  int columns = machine.vector_registers >= 32 ? 3 : 2;
  while (columns > 1 && !strip_fits(columns * lanes, shape, lanes)) --columns;
  return {.m_r = std::min(default_rows(shape, columns, machine), shape.rows),
          .n_r = columns * lanes,
          .unroll_k = shape.k % 4 == 0 ? 4 : 1};
}

void check_tile(const TileKnobs& knobs, const TileShape& shape, const Machine& machine) {
  require_knobs(knobs.m_r >= 1 && knobs.m_r <= shape.rows && knobs.m_r <= 32,
                "1 <= m_r <= rows, 32");
  require_knobs(strip_fits(knobs.n_r, shape, machine.lanes(DType::f32)),
                "n_r is whole vectors and divides the panel and the padded columns");
  require_knobs(knobs.unroll_k >= 1 && knobs.unroll_k <= 16 && shape.k % knobs.unroll_k == 0,
                "unroll_k <= 16 divides k");
}

std::vector<TileKnobs> tile_space(const TileShape& shape, const Machine& machine) {
  const int lanes = machine.lanes(DType::f32);
  std::vector<TileKnobs> space;
  for (int n_r = lanes; n_r <= shape.panel; n_r += lanes) {
    if (!strip_fits(n_r, shape, lanes)) continue;
    for (int m_r = 1; m_r <= shape.rows; ++m_r) {
      if (tile_registers(m_r, n_r / lanes) > machine.vector_registers) break;
      for (const int unroll_k : {1, 2, 4, 8}) {
        if (shape.k % unroll_k == 0) space.push_back({m_r, n_r, unroll_k});
      }
    }
  }
  return space;
}

std::vector<Var> split_columns(Func& output, const Var& j, const TileKnobs& knobs,
                               const TileShape& shape, int lanes) {
  Var task("task"), in_task("in_task"), strip("strip"), column("column"), lane("lane");
  const int columns = knobs.n_r / lanes;
  if (whole_panels(shape)) {
    output.split(j, task, in_task, shape.panel, TailStrategy::RoundUp)
        .split(in_task, strip, in_task, knobs.n_r, TailStrategy::RoundUp)
        .split(in_task, column, lane, lanes, TailStrategy::RoundUp)
        .vectorize(lane)
        .unroll(column);
    return {lane, column, strip, task};
  }
  // Only outer variables of a predicated split may be split again.
  output.split(j, in_task, lane, lanes, TailStrategy::PredicateStores)
      .split(in_task, task, column, columns, TailStrategy::RoundUp)
      .vectorize(lane)
      .unroll(column);
  return {lane, column, task};
}

}  // namespace vitgen
