#include "schedules/cpu/linear_narrow.h"

#include "schedules/rule.h"
#include "schedules/support/narrow_product.h"

namespace vitgen {

namespace {

bool is_narrow(const LinearSpec& spec, const Machine& machine) {
  return machine.kind == MachineKind::cpu && spec.storage != DType::f32;
}

TileShape shape_of(const LinearSpec& spec, const Machine& machine) {
  return narrow_shape(spec.rows, spec.k, spec.n, machine);
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
  schedule_narrow_product({.output = op.output,
                           .acc = op.acc,
                           .input_tile = op.input_tile,
                           .weight_tile = op.weight_tile,
                           .j = op.j,
                           .c = op.c,
                           .k = op.k,
                           .row = op.i,
                           .outer = {},
                           .reads_output_places = spec.epilogue.residual},
                          shape_of(spec, machine), spec.n, knobs, machine);
}

}  // namespace vitgen
