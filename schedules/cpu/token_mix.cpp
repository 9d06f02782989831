#include "schedules/cpu/token_mix.h"

#include <algorithm>

#include "schedules/rule.h"
#include "schedules/support/elementwise.h"
#include "schedules/support/register_tile.h"

namespace vitgen {

using Halide::TailStrategy;
using Halide::Var;

namespace {

bool channels_fit(int n_c, const TokenMixSpec& spec, int lanes) {
  return n_c >= lanes && n_c % lanes == 0 && spec.width % n_c == 0;
}

}  // namespace

std::optional<CpuTokenMix::Knobs> CpuTokenMix::defaults(const TokenMixSpec& spec,
                                                        const Machine& machine) {
  if (machine.kind != MachineKind::cpu) return std::nullopt;
  const int lanes = exact_lanes(spec.width, machine.lanes(DType::f32));
  if (lanes == 1) return std::nullopt;  // odd widths: no vectors along a token
  const int vectors = channels_fit(2 * lanes, spec, lanes) ? 2 : 1;
  int m_r = 1;
  while (m_r < spec.outputs &&
         tile_registers(m_r + 1, vectors, vectors) <= machine.vector_registers)
    ++m_r;
  return Knobs{.m_r = m_r, .n_c = vectors * lanes, .unroll_j = spec.tokens % 2 == 0 ? 2 : 1};
}

std::vector<CpuTokenMix::Knobs> CpuTokenMix::space(const TokenMixSpec& spec,
                                                   const Machine& machine) {
  const int lanes = exact_lanes(spec.width, machine.lanes(DType::f32));
  std::vector<Knobs> space;
  for (int vectors = 1; vectors <= 4; ++vectors) {
    if (!channels_fit(vectors * lanes, spec, lanes)) continue;
    for (int m_r = 1; m_r <= spec.outputs; ++m_r) {
      if (tile_registers(m_r, vectors) > machine.vector_registers) break;
      for (const int unroll_j : {1, 2, 4}) {
        if (spec.tokens % unroll_j == 0) space.push_back({m_r, vectors * lanes, unroll_j});
      }
    }
  }
  return space;
}

void CpuTokenMix::apply(TokenMix& op, const TokenMixSpec& spec, const Machine& machine,
                        const Knobs& knobs) {
  const int lanes = exact_lanes(spec.width, machine.lanes(DType::f32));
  require_knobs(lanes > 1 && channels_fit(knobs.n_c, spec, lanes),
                "n_c is whole vectors and divides the width");
  require_knobs(knobs.m_r >= 1 && knobs.m_r <= spec.outputs &&
                    knobs.m_r * (knobs.n_c / lanes) <= kMostTileVectors,
                "1 <= m_r <= outputs, and a tile is at most 64 vectors");
  require_knobs(knobs.unroll_j >= 1 && knobs.unroll_j <= 16 && spec.tokens % knobs.unroll_j == 0,
                "unroll_j <= 16 divides tokens");
  Var strip("strip"), column("column"), tile("tile"), row("row");
  op.output.split(op.c, strip, column, knobs.n_c, TailStrategy::RoundUp)
      .split(op.i, tile, row, knobs.m_r, TailStrategy::ShiftInwards)
      .reorder(column, row, tile, strip, op.b)
      .vectorize(column, lanes)
      .unroll(column)
      .unroll(row)
      .parallel(op.b);
  const RegisterTile sums{{{op.c, knobs.n_c}, {op.i, knobs.m_r}}, lanes};
  sum_in_registers(op.acc, sums, {op.output, tile}, {op.j}).unroll(op.j, knobs.unroll_j);
}

}  // namespace vitgen
