#include "schedules/cpu/linear_deep.h"

#include <algorithm>

#include "schedules/rule.h"

namespace vitgen {

using Halide::RVar;
using Halide::TailStrategy;
using Halide::Var;

namespace {

TileShape shape_of(const LinearSpec& spec, int k_c) {
  return {.rows = spec.rows, .k = k_c, .n = spec.n, .panel = spec.panel};
}

std::int64_t panel_bytes(const LinearSpec& spec, int k) { return std::int64_t{4} * k * spec.panel; }

// Half of the 2 MiB of the largest second caches (Sapphire Rapids); the other half passes the
// input.
constexpr std::int64_t kDeepPanel = 1024 * 1024;
// Of the largest first cache, 48 KiB, what the rows of the input and the sums leave.
constexpr std::int64_t kBlock = 32 * 1024;
// Fewer rows read the weights too seldom for their sums to be worth resting in memory.
constexpr int kFewestRows = 64;
// Of fewer the loads of weights do not hide behind the multiply-adds.
constexpr int kFewestRowsAtOnce = 4;

/// The largest divisor of k whose weights stay in L1, in whole eights; 0 if there is none.
int default_block(const LinearSpec& spec) {
  for (int k_c = static_cast<int>(kBlock / panel_bytes(spec, 1)) / 8 * 8; k_c >= 32; k_c -= 8) {
    if (spec.k % k_c == 0) return k_c;
  }
  return 0;
}

bool fits(const LinearSpec& spec, const Machine& machine) {
  return machine.kind == MachineKind::cpu && spec.compute == Compute::f32 &&
         spec.n % spec.panel == 0;
}

}  // namespace

std::optional<CpuLinearDeep::Knobs> CpuLinearDeep::defaults(const LinearSpec& spec,
                                                            const Machine& machine) {
  const int k_c = default_block(spec);
  if (!fits(spec, machine) || k_c == 0 || spec.rows < kFewestRows ||
      panel_bytes(spec, spec.k) < kDeepPanel) {
    return std::nullopt;
  }
  TileKnobs tile = default_tile(shape_of(spec, k_c), machine);
  while (spec.rows % tile.m_r != 0) --tile.m_r;
  if (tile.m_r < kFewestRowsAtOnce) return std::nullopt;
  return Knobs{.k_c = k_c, .m_r = tile.m_r, .n_r = tile.n_r, .unroll_k = tile.unroll_k};
}

std::vector<CpuLinearDeep::Knobs> CpuLinearDeep::space(const LinearSpec& spec,
                                                       const Machine& machine) {
  std::vector<Knobs> space;
  if (!defaults(spec, machine)) return space;
  for (int k_c = 64; k_c <= 1024; k_c += 8) {
    if (spec.k % k_c != 0) continue;
    for (const TileKnobs& tile : tile_space(shape_of(spec, k_c), machine)) {
      if (spec.rows % tile.m_r != 0) continue;
      space.push_back({.k_c = k_c, .m_r = tile.m_r, .n_r = tile.n_r, .unroll_k = tile.unroll_k});
    }
  }
  return space;
}

void CpuLinearDeep::apply(Linear& op, const LinearSpec& spec, const Machine& machine,
                          const Knobs& knobs) {
  require_knobs(fits(spec, machine), "f32, and n is whole panels");
  require_knobs(knobs.k_c >= 1 && spec.k % knobs.k_c == 0, "k_c divides k");
  require_knobs(knobs.m_r >= 1 && spec.rows % knobs.m_r == 0, "m_r divides the rows");
  check_tile({knobs.m_r, knobs.n_r, knobs.unroll_k}, shape_of(spec, knobs.k_c), machine);
  const int lanes = machine.lanes(DType::f32);
  const Var task("task"), column("column"), lane("lane"), strip("strip"), tile("tile"), row("row");
  op.output.split(op.j, task, column, spec.panel, TailStrategy::RoundUp)
      .split(column, column, lane, lanes, TailStrategy::RoundUp)
      .reorder(lane, column, op.i, task)
      .vectorize(lane)
      .unroll(column)
      .parallel(task);
  // All splits are exact, so their guards vanish.
  op.acc.compute_at(op.output, task)
      .bound_extent(op.j, spec.panel)
      .bound_extent(op.i, spec.rows)
      .vectorize(op.j, lanes);
  const RVar block("block"), k("k");
  op.acc.update()
      .split(op.k, block, k, knobs.k_c)
      .split(op.j, strip, column, knobs.n_r, TailStrategy::GuardWithIf)
      .split(column, column, lane, lanes, TailStrategy::GuardWithIf)
      .split(op.i, tile, row, knobs.m_r, TailStrategy::GuardWithIf)
      .reorder(lane, column, row, k, tile, strip, block)
      .vectorize(lane)
      .unroll(column)
      .unroll(row)
      .unroll(k, knobs.unroll_k);
}

}  // namespace vitgen
