#include "schedules/cpu/layer_norm.h"

#include <algorithm>

#include "generators/ops/support/lanes.h"
#include "schedules/rule.h"
#include "schedules/support/elementwise.h"

namespace vitgen {

using Halide::Func;
using Halide::TailStrategy;
using Halide::Var;

namespace {

bool is_narrow(const LayerNormSpec& spec) { return spec.width <= 3 * kLanes; }

}  // namespace

std::optional<CpuLayerNorm::Knobs> CpuLayerNorm::defaults(const LayerNormSpec& spec,
                                                          const Machine& machine) {
  if (machine.kind != MachineKind::cpu) return std::nullopt;
  // 16 rows of a ViT-B are 48 KiB: large against the start of a task; of few channels (the pixels
  // of TNT's patches) that takes more rows. Four chains of sums hide the latency of an addition.
  return Knobs{.rows_per_task = std::min(is_narrow(spec) ? 128 : 16, spec.rows),
               .unroll_blocks = lane_blocks(spec.width) % 4 == 0 ? 4 : 1};
}

std::vector<CpuLayerNorm::Knobs> CpuLayerNorm::space(const LayerNormSpec& spec, const Machine&) {
  std::vector<Knobs> space;
  for (const int rows : {4, 8, 16, 32, 64, 128, 256}) {
    if (rows > 32 && !is_narrow(spec)) break;
    for (const int unroll : {1, 2, 3, 4, 6, 8}) {
      if (lane_blocks(spec.width) % unroll != 0) continue;
      space.push_back({.rows_per_task = std::min(rows, spec.rows), .unroll_blocks = unroll});
    }
    if (rows >= spec.rows) break;
  }
  return space;
}

void CpuLayerNorm::apply(LayerNorm& op, const LayerNormSpec& spec, const Machine& machine,
                         const Knobs& knobs) {
  require_knobs(knobs.rows_per_task >= 1 && knobs.rows_per_task <= spec.rows,
                "1 <= rows_per_task <= rows");
  require_knobs(knobs.unroll_blocks >= 1 && lane_blocks(spec.width) % knobs.unroll_blocks == 0,
                "unroll_blocks divides the blocks of 16");
  const int lanes = std::min(machine.lanes(DType::f32), kLanes);
  Var task("task"), row("row");
  op.output.split(op.i, task, row, knobs.rows_per_task, TailStrategy::GuardWithIf)
      .reorder(op.c, row, task)
      .parallel(task);
  vectorize_exact(op.output, op.c, spec.width, machine.lanes(DType::f32));
  op.mean.compute_at(op.output, row);
  op.inv_std.compute_at(op.output, row);
  for (Func lane_func : {op.lane_sum, op.lane_squares}) {
    lane_func.compute_at(op.output, row)
        .bound_extent(op.lane, kLanes)
        .vectorize(op.lane, lanes)
        .unroll(op.lane);
    lane_func.update()
        .reorder(op.lane, op.blocks)
        .vectorize(op.lane, lanes)
        .unroll(op.lane)
        .unroll(op.blocks, knobs.unroll_blocks);
  }
}

}  // namespace vitgen
