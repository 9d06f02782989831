#include "schedules/cpu/depthwise_conv.h"

#include "schedules/rule.h"
#include "schedules/support/elementwise.h"
#include "schedules/support/register_tile.h"

namespace vitgen {

using Halide::TailStrategy;
using Halide::Var;

namespace {

// So many sums hide the latency of an FMA, and leave registers for the activation.
constexpr int kMostVectors = 8;

bool channels_fit(int n_c, const DepthwiseConvSpec& spec, int lanes) {
  return n_c >= lanes && n_c % lanes == 0 && spec.width % n_c == 0 && n_c / lanes <= kMostVectors;
}

}  // namespace

std::optional<CpuDepthwiseConv::Knobs> CpuDepthwiseConv::defaults(const DepthwiseConvSpec& spec,
                                                                  const Machine& machine) {
  if (machine.kind != MachineKind::cpu) return std::nullopt;
  const int lanes = exact_lanes(spec.width, machine.lanes(DType::f32));
  if (lanes == 1) return std::nullopt;  // odd widths: no vectors along a token
  int vectors = 4;
  while (!channels_fit(vectors * lanes, spec, lanes)) --vectors;
  return Knobs{.n_c = vectors * lanes};
}

std::vector<CpuDepthwiseConv::Knobs> CpuDepthwiseConv::space(const DepthwiseConvSpec& spec,
                                                             const Machine& machine) {
  const int lanes = exact_lanes(spec.width, machine.lanes(DType::f32));
  std::vector<Knobs> space;
  for (int vectors = 1; vectors <= kMostVectors; ++vectors) {
    if (channels_fit(vectors * lanes, spec, lanes)) space.push_back({.n_c = vectors * lanes});
  }
  return space;
}

void CpuDepthwiseConv::apply(DepthwiseConv& op, const DepthwiseConvSpec& spec,
                             const Machine& machine, const Knobs& knobs) {
  const int lanes = exact_lanes(spec.width, machine.lanes(DType::f32));
  require_knobs(lanes > 1 && channels_fit(knobs.n_c, spec, lanes),
                "n_c is 1 to 8 whole vectors and divides the width");
  Var strip("strip"), column("column");
  op.output.split(op.c, strip, column, knobs.n_c, TailStrategy::RoundUp)
      .reorder(column, strip, op.t, op.b)
      .vectorize(column, lanes)
      .unroll(column)
      .parallel(op.b);
  op.row.compute_at(op.output, op.t).vectorize(op.c, lanes, TailStrategy::GuardWithIf);
  sum_in_registers(op.acc, {{{op.c, knobs.n_c}}, lanes}, {op.output, strip}, {op.k});
}

}  // namespace vitgen
