#include "schedules/cuda/token_mix.h"

#include "schedules/rule.h"
#include "schedules/support/gpu_block.h"

namespace vitgen {

using Halide::Var;

namespace {

// Sums of a thread: beyond a few dozen the registers of a block run out.
constexpr int kMaxSums = 32;

bool fits_grid(const TokenMixSpec& spec, int m_r) {
  return spec.batch <= kMostBlocksAcross && spec.outputs / m_r <= kMostBlocksAcross;
}

}  // namespace

std::optional<CudaTokenMix::Knobs> CudaTokenMix::defaults(const Spec& spec,
                                                          const Machine& machine) {
  if (machine.kind != MachineKind::gpu) return std::nullopt;
  const Knobs knobs{.threads = threads_for_block(spec.width, machine),
                    .m_r = largest_divisor(spec.outputs, kReadsUnderWay)};
  return fits_grid(spec, knobs.m_r) ? std::optional(knobs) : std::nullopt;
}

std::vector<CudaTokenMix::Knobs> CudaTokenMix::space(const Spec& spec, const Machine& machine) {
  std::vector<Knobs> space;
  const auto defaults = CudaTokenMix::defaults(spec, machine);
  for (const ThreadKnobs& each : thread_space({defaults->threads}, machine)) {
    for (int m_r = 1; m_r <= kMaxSums; ++m_r) {
      if (spec.outputs % m_r != 0 || !fits_grid(spec, m_r)) continue;
      space.push_back({.threads = each.threads, .m_r = m_r});
    }
  }
  return space;
}

void CudaTokenMix::apply(TokenMix& op, const Spec& spec, const Machine& machine,
                         const Knobs& knobs) {
  require_threads(knobs.threads, machine);
  require_knobs(knobs.m_r >= 1 && knobs.m_r <= kMaxSums && spec.outputs % knobs.m_r == 0,
                "m_r divides the outputs and is at most 32");
  require_knobs(fits_grid(spec, knobs.m_r), "at most 65535 images, and tiles of outputs");
  Var block("block"), thread("thread"), tile("tile"), row("row");
  op.output.split(op.c, block, thread, knobs.threads, Halide::TailStrategy::GuardWithIf)
      .split(op.i, tile, row, knobs.m_r, Halide::TailStrategy::RoundUp)
      .reorder(row, thread, block, tile, op.b)
      .unroll(row)
      .gpu_threads(thread)
      .gpu_blocks(block, tile, op.b);
  op.acc.compute_at(op.output, thread).unroll(op.i);
  op.acc.update().reorder(op.i, op.j).unroll(op.i);
  op.activated.compute_at(op.output, thread).unroll(op.i);
}

}  // namespace vitgen
