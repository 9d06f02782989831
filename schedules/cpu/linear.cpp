#include "schedules/cpu/linear.h"

#include "schedules/rule.h"
#include "schedules/support/register_tile.h"

namespace vitgen {

using Halide::TailStrategy;
using Halide::Var;

namespace {
TileShape shape_of(const LinearSpec& spec) {
  return {.rows = spec.rows, .k = spec.k, .n = spec.n, .panel = spec.panel};
}
}  // namespace

std::optional<TileKnobs> CpuLinear::defaults(const LinearSpec& spec, const Machine& machine) {
  // Panels are what the tile reads; narrow weights have none.
  if (machine.kind != MachineKind::cpu || spec.storage != DType::f32) return std::nullopt;
  // The residual is the caller's memory: its rows cannot be read past n, so whole panels only.
  if (spec.epilogue.residual && spec.n % spec.panel != 0) return std::nullopt;
  return default_tile(shape_of(spec), machine);
}

std::vector<TileKnobs> CpuLinear::space(const LinearSpec& spec, const Machine& machine) {
  return tile_space(shape_of(spec), machine);
}

void CpuLinear::apply(Linear& op, const LinearSpec& spec, const Machine& machine,
                      const TileKnobs& knobs) {
  const TileShape shape = shape_of(spec);
  check_tile(knobs, shape, machine);
  require_knobs(spec.storage == DType::f32, "weights in panels");
  require_knobs(!spec.epilogue.residual || whole_panels(shape),
                "a residual needs n to be whole panels");
  const int lanes = machine.lanes(DType::f32);
  std::vector<Var> loops = split_columns(op.output, op.j, knobs, shape, lanes);
  Var tile("tile"), row("row");
  op.output.split(op.i, tile, row, knobs.m_r, TailStrategy::ShiftInwards).unroll(row);
  loops.insert(loops.begin() + 2, {row, tile});
  op.output.reorder({loops.begin(), loops.end()}).parallel(loops.back());
  const RegisterTile sums{{{op.j, knobs.n_r}, {op.i, knobs.m_r}}, lanes};
  sum_in_registers(op.acc, sums, {op.output, tile}, {op.k}).unroll(op.k, knobs.unroll_k);
}

}  // namespace vitgen
