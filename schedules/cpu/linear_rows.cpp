#include "schedules/cpu/linear_rows.h"

#include <algorithm>

#include "schedules/rule.h"
#include "schedules/support/elementwise.h"
#include "schedules/support/register_tile.h"

namespace vitgen {

using Halide::TailStrategy;
using Halide::Var;

namespace {

// Vectors of which n is a whole number, so that nothing is read or written past a row.
int lanes_of(const LinearSpec& spec, const Machine& machine) {
  return exact_lanes(spec.n, std::min(machine.lanes(DType::f32), 16));
}

// The rest of the smallest L1, 32 KiB, is for a few rows of input and output.
constexpr std::int64_t kWeightBytes = 28 * 1024;
// Fewer rows give too few tasks; `cpu/linear` cuts the columns instead.
constexpr int kFewestRows = 512;

bool serves(const LinearSpec& spec, const Machine& machine) {
  const std::int64_t weight = std::int64_t{4} * spec.k * padded(spec.n, spec.panel);
  return machine.kind == MachineKind::cpu && spec.compute == Compute::f32 &&
         spec.storage == DType::f32 && lanes_of(spec, machine) >= 8 && weight <= kWeightBytes &&
         spec.rows >= kFewestRows && spec.rows % 4 == 0;
}

// Some six tasks for each of two threads, which are whole numbers for three, four and six, too.
int default_tiles(int rows, int m_r) {
  constexpr int kTasks = 12;
  return std::max((rows / m_r + kTasks - 1) / kTasks, 1);
}

std::vector<CpuLinearRows::Knobs> register_tiles(const LinearSpec& spec, const Machine& machine) {
  const int lanes = lanes_of(spec, machine);
  std::vector<CpuLinearRows::Knobs> tiles;
  for (int vectors = 1; vectors <= std::min(6, spec.n / lanes); ++vectors) {
    if (spec.n / lanes % vectors != 0) continue;
    for (int m_r = 1; tile_registers(m_r, vectors) <= machine.vector_registers; ++m_r) {
      if (spec.rows % m_r != 0) continue;
      tiles.push_back({.tiles = default_tiles(spec.rows, m_r),
                       .m_r = m_r,
                       .n_r = vectors * lanes,
                       .unroll_k = spec.k % 4 == 0 ? 4 : 1});
    }
  }
  return tiles;
}

}  // namespace

std::optional<CpuLinearRows::Knobs> CpuLinearRows::defaults(const LinearSpec& spec,
                                                            const Machine& machine) {
  if (!serves(spec, machine)) return std::nullopt;
  const int lanes = lanes_of(spec, machine);
  // The fewest loads for each multiply-add.
  const auto gain = [&](const Knobs& knobs) {
    const double vectors = static_cast<double>(knobs.n_r) / lanes;
    return knobs.m_r * vectors / (knobs.m_r + vectors);
  };
  const std::vector<Knobs> tiles = register_tiles(spec, machine);
  return *std::ranges::max_element(tiles, {}, gain);
}

std::vector<CpuLinearRows::Knobs> CpuLinearRows::space(const LinearSpec& spec,
                                                       const Machine& machine) {
  std::vector<Knobs> space;
  if (!serves(spec, machine)) return space;
  for (const Knobs& tile : register_tiles(spec, machine)) {
    for (const int unroll_k : {1, 2, 4, 8}) {
      if (spec.k % unroll_k != 0) continue;
      space.push_back(tile);
      space.back().unroll_k = unroll_k;
    }
  }
  return space;
}

void CpuLinearRows::apply(Linear& op, const LinearSpec& spec, const Machine& machine,
                          const Knobs& knobs) {
  const int lanes = lanes_of(spec, machine);
  require_knobs(spec.compute == Compute::f32 && spec.storage == DType::f32 && lanes > 1,
                "f32, and n is whole vectors");
  require_knobs(knobs.m_r >= 1 && knobs.m_r <= 32 && spec.rows % knobs.m_r == 0,
                "m_r <= 32 divides the rows");
  require_knobs(knobs.tiles >= 1 && knobs.tiles <= spec.rows / knobs.m_r, "1 <= tiles <= all");
  require_knobs(knobs.n_r >= lanes && knobs.n_r % lanes == 0 && spec.n % knobs.n_r == 0,
                "n_r is whole vectors and divides n");
  require_knobs(knobs.m_r * (knobs.n_r / lanes) <= kMostTileVectors,
                "a tile is at most 64 vectors");
  require_knobs(knobs.unroll_k >= 1 && knobs.unroll_k <= 16 && spec.k % knobs.unroll_k == 0,
                "unroll_k <= 16 divides k");
  const Var task("task"), tile("tile"), row("row"), strip("strip"), column("column"), lane("lane");
  op.output.split(op.j, strip, column, knobs.n_r, TailStrategy::RoundUp)
      .split(column, column, lane, lanes, TailStrategy::RoundUp)
      .split(op.i, tile, row, knobs.m_r, TailStrategy::RoundUp)
      .split(tile, task, tile, knobs.tiles, TailStrategy::GuardWithIf)
      .reorder(lane, column, row, strip, tile, task)
      .vectorize(lane)
      .unroll(column)
      .unroll(row)
      .parallel(task);
  const RegisterTile sums{{{op.j, knobs.n_r}, {op.i, knobs.m_r}}, lanes};
  sum_in_registers(op.acc, sums, {op.output, strip}, {op.k}).unroll(op.k, knobs.unroll_k);
}

}  // namespace vitgen
