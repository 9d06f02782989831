#include "schedules/cuda/layer_norm.h"

#include "generators/ops/support/lanes.h"
#include "schedules/rule.h"
#include "schedules/support/gpu_block.h"

namespace vitgen {

using Halide::Func;
using Halide::MemoryType;
using Halide::Var;

namespace {

// Channels of a thread: with more, a block of a multiprocessor has too few reads under way; with
// fewer, most threads wait for the 16 that add.
constexpr int kChannels = 4;

/// Both funcs of 16 lanes and the two numbers made of them stand beside the row.
bool fits_shared(const LayerNormSpec& spec, const Machine& machine) {
  return std::int64_t{4} * (spec.width + 2 * kLanes + 2) <= machine.shared_bytes;
}

/// The row as it is read, by threads that lie side by side.
void stage_row(Func row, const LayerNormSpec& spec, const CudaLayerNorm::Knobs& knobs,
               const Func& output, const Var& block) {
  const SharedLoop channels{row.args()[0], spec.width, knobs.threads};
  row.compute_at(output, block).store_in(MemoryType::GPUShared);
  row.bound_extent(row.args()[0], spec.width);
  channels.split(row);
  const int loads = (spec.width + knobs.threads - 1) / knobs.threads;
  if (loads <= kReadsUnderWay) row.unroll(channels.step);
}

}  // namespace

std::optional<CudaLayerNorm::Knobs> CudaLayerNorm::defaults(const Spec& spec,
                                                            const Machine& machine) {
  if (machine.kind != MachineKind::gpu) return std::nullopt;
  return Knobs{.threads = threads_for_block((spec.width + kChannels - 1) / kChannels, machine),
               .unroll_blocks = largest_divisor(lane_blocks(spec.width), kReadsUnderWay),
               .staged = fits_shared(spec, machine) ? 1 : 0};
}

std::vector<CudaLayerNorm::Knobs> CudaLayerNorm::space(const Spec& spec, const Machine& machine) {
  const Knobs best = *defaults(spec, machine);
  std::vector<Knobs> space;
  for (const ThreadKnobs& each : thread_space({best.threads}, machine)) {
    for (int unroll = 1; unroll <= kReadsUnderWay; ++unroll) {
      if (lane_blocks(spec.width) % unroll != 0) continue;
      for (int staged = 0; staged <= best.staged; ++staged) {
        space.push_back({.threads = each.threads, .unroll_blocks = unroll, .staged = staged});
      }
    }
  }
  return space;
}

void CudaLayerNorm::apply(LayerNorm& op, const Spec& spec, const Machine& machine,
                          const Knobs& knobs) {
  require_threads(knobs.threads, machine);
  require_knobs(knobs.unroll_blocks >= 1 && knobs.unroll_blocks <= kReadsUnderWay &&
                    lane_blocks(spec.width) % knobs.unroll_blocks == 0,
                "unroll_blocks divides the blocks of 16 and is at most 8");
  require_knobs(knobs.staged == 0 || (knobs.staged == 1 && fits_shared(spec, machine)),
                "staged is 0, or 1 and the row fits in shared memory");
  const SharedLoop channels{op.c, spec.width, knobs.threads};
  channels.split(op.output);
  op.output.gpu_blocks(op.i);
  if (knobs.staged == 1) {
    Func row = op.algorithm.arguments[0].in();
    stage_row(row, spec, knobs, op.output, op.i);
  }
  for (Func number : {op.mean, op.inv_std}) {
    number.compute_at(op.output, op.i).store_in(MemoryType::GPUShared);
  }
  for (Func lanes : {op.lane_sum, op.lane_squares}) {
    lanes.compute_at(op.output, op.i)
        .store_in(MemoryType::GPUShared)
        .bound_extent(op.lane, kLanes)
        .gpu_threads(op.lane);
    lanes.update()
        .reorder(op.blocks, op.lane)
        .unroll(op.blocks, knobs.unroll_blocks)
        .gpu_threads(op.lane);
  }
}

}  // namespace vitgen
