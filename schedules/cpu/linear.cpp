#include "schedules/cpu/linear.h"

#include <algorithm>

#include "schedules/rule.h"

namespace vitgen {

using Halide::TailStrategy;
using Halide::Var;

TileKnobs default_tile(int rows, int panel, int k, const Machine& machine) {
  const int lanes = machine.lanes(DType::f32);
  TileKnobs knobs;
  // Three vectors wide where the panel has them: fewest broadcasts per FMA that still leave rows
  // enough to hide the FMA latency.
  knobs.n_r = panel % (3 * lanes) == 0 ? 3 * lanes : std::min(2 * lanes, panel);
  const int columns = knobs.n_r / lanes;
  // Sums + one row of weights + one broadcast fit the register file.
  knobs.m_r = std::clamp((machine.vector_registers - columns - 1) / columns, 1, 14);
  knobs.m_r = std::min(knobs.m_r, rows);
  knobs.unroll_k = k % 4 == 0 ? 4 : 1;
  return knobs;
}

void check_tile(const TileKnobs& knobs, int rows, int panel, int k, const Machine& machine) {
  const int lanes = machine.lanes(DType::f32);
  require_knobs(knobs.m_r >= 1 && knobs.m_r <= rows && knobs.m_r <= 32, "1 <= m_r <= rows, 32");
  require_knobs(knobs.n_r >= lanes && knobs.n_r % lanes == 0 && panel % knobs.n_r == 0,
                "n_r is whole vectors and divides the panel");
  require_knobs(knobs.unroll_k >= 1 && knobs.unroll_k <= 16 && k % knobs.unroll_k == 0,
                "unroll_k <= 16 divides k");
}

std::optional<TileKnobs> CpuLinear::defaults(const LinearSpec& spec, const Machine& machine) {
  if (machine.kind != MachineKind::cpu) return std::nullopt;
  // The residual is the caller's memory: its rows cannot be read past n, so whole panels only.
  if (spec.epilogue.residual && spec.n % spec.panel != 0) return std::nullopt;
  return default_tile(spec.rows, spec.panel, spec.k, machine);
}

void CpuLinear::apply(Linear& op, const LinearSpec& spec, const Machine& machine,
                      const TileKnobs& knobs) {
  check_tile(knobs, spec.rows, spec.panel, spec.k, machine);
  require_knobs(!spec.epilogue.residual || spec.n % spec.panel == 0,
                "a residual needs n to be whole panels");
  const int lanes = machine.lanes(DType::f32);
  const TailStrategy columns =
      spec.n % spec.panel == 0 ? TailStrategy::RoundUp : TailStrategy::PredicateStores;
  Var panel("panel"), in_panel("in_panel"), strip("strip"), jr("jr"), it("it"), ir("ir");
  op.output.split(op.j, panel, in_panel, spec.panel, columns)
      .split(in_panel, strip, jr, knobs.n_r, TailStrategy::RoundUp)
      .split(op.i, it, ir, knobs.m_r, TailStrategy::ShiftInwards)
      .reorder(jr, ir, it, strip, panel)
      .vectorize(jr, lanes)
      .unroll(jr)
      .unroll(ir)
      .parallel(panel);
  op.acc.compute_at(op.output, it)
      .bound_extent(op.j, knobs.n_r)
      .bound_extent(op.i, knobs.m_r)
      .vectorize(op.j, lanes)
      .unroll(op.j)
      .unroll(op.i);
  op.acc.update()
      .reorder(op.j, op.i, op.k)
      .vectorize(op.j, lanes)
      .unroll(op.j)
      .unroll(op.i)
      .unroll(op.k, knobs.unroll_k);
}

}  // namespace vitgen
