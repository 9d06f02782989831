#include "schedules/cpu/patch_embed.h"

#include "schedules/rule.h"
#include "schedules/support/register_tile.h"

namespace vitgen {

using Halide::TailStrategy;
using Halide::Var;

namespace {
TileShape shape_of(const PatchEmbedSpec& spec) {
  return {.rows = spec.grid_w(), .k = spec.patch_w, .n = spec.n, .panel = spec.panel};
}
}  // namespace

std::optional<TileKnobs> CpuPatchEmbed::defaults(const PatchEmbedSpec& spec,
                                                 const Machine& machine) {
  // Panels are what the tile reads; narrow weights have none.
  if (machine.kind != MachineKind::cpu || spec.storage != DType::f32) return std::nullopt;
  return default_tile(shape_of(spec), machine);
}

std::vector<TileKnobs> CpuPatchEmbed::space(const PatchEmbedSpec& spec, const Machine& machine) {
  return tile_space(shape_of(spec), machine);
}

void CpuPatchEmbed::apply(PatchEmbed& op, const PatchEmbedSpec& spec, const Machine& machine,
                          const TileKnobs& knobs) {
  const TileShape shape = shape_of(spec);
  check_tile(knobs, shape, machine);
  require_knobs(spec.storage == DType::f32, "weights in panels");
  const int lanes = machine.lanes(DType::f32);
  std::vector<Var> loops = split_columns(op.output, op.j, knobs, shape, lanes);
  Var tile("tile"), patch("patch");
  op.output.split(op.c, tile, patch, knobs.m_r, TailStrategy::ShiftInwards).unroll(patch);
  loops.insert(loops.begin() + 2, {patch, tile, op.r, op.b});
  op.output.reorder({loops.begin(), loops.end()}).parallel(loops.back());
  const RegisterTile sums{{{op.j, knobs.n_r}, {op.c, knobs.m_r}}, lanes};
  sum_in_registers(op.acc, sums, {op.output, tile}, {op.k.x, op.k.y, op.k.z})
      .unroll(op.k.x, knobs.unroll_k);
}

}  // namespace vitgen
