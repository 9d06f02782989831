#include "schedules/cpu_amx/linear.h"

#include <algorithm>

#include "schedules/microkernels/tile_shape.h"
#include "schedules/rule.h"

namespace vitgen {

using Halide::TailStrategy;
using Halide::Var;

namespace {

using microkernels::kTileRows;
static_assert(kTileDepth == microkernels::kTileChannels, "the form's tiles are the micro-kernel's");
// Rows whose sums, with the widest panel (48), take 48 KiB: they come back from L1 or L2.
constexpr int kRowsOfCall = 256;

// Whole panels only: the micro-kernel computes nothing less, and the last rows of the output end
// with n. Every layer of a transformer has them; a classifier need not, and is one row.
bool fits(const LinearSpec& spec, const Machine& machine) {
  return machine.amx && spec.compute == Compute::bf16 && spec.n % spec.panel == 0 &&
         spec.panel % machine.lanes(DType::f32) == 0;
}

/// Rows as bf16 in the micro-kernel's tiles.
void schedule_packed(Linear& op, const LinearSpec& spec, int lanes) {
  Var task("task"), row("row");
  op.packed.compute_root()
      .bound(op.c, 0, kTileDepth)
      .bound(op.i, 0, spec.rows)
      .bound(op.t, 0, padded(spec.k, kTileDepth) / kTileDepth)
      .split(op.i, task, row, kTileRows, TailStrategy::GuardWithIf)
      .reorder(op.c, op.t, row, task)
      .vectorize(op.c, lanes, TailStrategy::RoundUp)
      .parallel(task);
}

}  // namespace

std::optional<CpuAmxLinear::Knobs> CpuAmxLinear::defaults(const LinearSpec& spec,
                                                          const Machine& machine) {
  if (!fits(spec, machine)) return std::nullopt;
  // As few calls as kRowsOfCall allows, of equal size: an overlap is computed twice.
  const int calls = (spec.rows + kRowsOfCall - 1) / kRowsOfCall;
  const int rows = padded((spec.rows + calls - 1) / calls, kTileRows);
  return Knobs{.m_c = std::min(rows, spec.rows)};
}

// A call computes m_c rows, whatever Halide asks for: the number is in the micro-kernel's code.
Linear CpuAmxLinear::define_with(const LinearSpec& spec, const Knobs& knobs) {
  return define(spec, LinearForm::microkernel_tiles, knobs.m_c);
}

void CpuAmxLinear::apply(Linear& op, const LinearSpec& spec, const Machine& machine,
                         const Knobs& knobs) {
  require_knobs(fits(spec, machine), "bf16 products, whole panels, a tile unit");
  require_knobs(knobs.m_c >= 1 && knobs.m_c <= spec.rows, "1 <= m_c <= rows");
  const int lanes = machine.lanes(DType::f32);
  Var task("task"), column("column"), lane("lane"), block("block"), row("row");
  op.output.split(op.j, column, lane, lanes, TailStrategy::RoundUp)
      .split(column, task, column, spec.panel / lanes, TailStrategy::RoundUp)
      .split(op.i, block, row, knobs.m_c, TailStrategy::ShiftInwards)
      .reorder(lane, column, row, block, task)
      .vectorize(lane)
      .unroll(column)
      .parallel(task);
  op.acc.compute_at(op.output, block).bound_extent(op.j, spec.panel).bound_extent(op.i, knobs.m_c);
  schedule_packed(op, spec, lanes);
}

}  // namespace vitgen
