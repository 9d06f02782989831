#include "schedules/cpu/patch_embed.h"

#include "schedules/rule.h"

namespace vitgen {

using Halide::TailStrategy;
using Halide::Var;

std::optional<TileKnobs> CpuPatchEmbed::defaults(const PatchEmbedSpec& spec,
                                                 const Machine& machine) {
  if (machine.kind != MachineKind::cpu) return std::nullopt;
  return default_tile(spec.grid_w(), spec.panel, spec.patch_w, machine);
}

void CpuPatchEmbed::apply(PatchEmbed& op, const PatchEmbedSpec& spec, const Machine& machine,
                          const TileKnobs& knobs) {
  check_tile(knobs, spec.grid_w(), spec.panel, spec.patch_w, machine);
  const int lanes = machine.lanes(DType::f32);
  const TailStrategy columns =
      spec.n % spec.panel == 0 ? TailStrategy::RoundUp : TailStrategy::PredicateStores;
  Var panel("panel"), in_panel("in_panel"), strip("strip"), jr("jr"), ct("ct"), cr("cr");
  op.output.split(op.j, panel, in_panel, spec.panel, columns)
      .split(in_panel, strip, jr, knobs.n_r, TailStrategy::RoundUp)
      .split(op.c, ct, cr, knobs.m_r, TailStrategy::ShiftInwards)
      .reorder(jr, cr, ct, op.r, op.b, strip, panel)
      .vectorize(jr, lanes)
      .unroll(jr)
      .unroll(cr)
      .parallel(panel);
  op.acc.compute_at(op.output, ct)
      .bound_extent(op.j, knobs.n_r)
      .bound_extent(op.c, knobs.m_r)
      .vectorize(op.j, lanes)
      .unroll(op.j)
      .unroll(op.c);
  op.acc.update()
      .reorder(op.j, op.c, op.k.x, op.k.y, op.k.z)
      .vectorize(op.j, lanes)
      .unroll(op.j)
      .unroll(op.c)
      .unroll(op.k.x, knobs.unroll_k);
}

}  // namespace vitgen
