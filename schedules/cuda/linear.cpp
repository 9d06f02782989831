#include "schedules/cuda/linear.h"

#include <algorithm>

#include "schedules/rule.h"
#include "schedules/support/gpu_block.h"
#include "schedules/support/thread_registers.h"

namespace vitgen {

namespace {

int groups(int extent, int size) { return (extent + size - 1) / size; }

std::int64_t blocks(const LinearSpec& spec, const BlockKnobs& knobs) {
  return std::int64_t{groups(spec.rows, knobs.rows())} * groups(spec.n, knobs.columns());
}

/// Statistics of rows are left to rules whose tiles hold whole groups of columns, and the fallback.
bool has_statistics(const LinearSpec& spec) { return spec.normalized || spec.statistics; }

bool fits_grid(const LinearSpec& spec, const BlockKnobs& knobs) {
  return groups(spec.rows, knobs.rows()) <= kMostBlocksAcross;
}

}  // namespace

std::optional<BlockKnobs> CudaLinear::defaults(const LinearSpec& spec, const Machine& machine) {
  if (machine.kind != MachineKind::gpu || spec.compute != Compute::f32 || has_statistics(spec)) {
    return std::nullopt;
  }
  const auto largest = largest_tile(machine);
  if (!largest || !fits_grid(spec, *largest)) return std::nullopt;
  BlockKnobs knobs = *largest;
  // Smaller tiles until each multiprocessor has a block, as far as the threads still divide them.
  for (int BlockKnobs::* size : {&BlockKnobs::n_r, &BlockKnobs::m_r}) {
    while (knobs.*size > 1 && blocks(spec, knobs) < machine.multiprocessors) {
      BlockKnobs smaller = knobs;
      smaller.*size /= 2;
      if (!broken_rule(smaller, machine).empty()) break;
      knobs = smaller;
    }
  }
  return knobs;
}

std::vector<BlockKnobs> CudaLinear::space(const LinearSpec& spec, const Machine& machine) {
  const auto best = defaults(spec, machine);
  if (!best) return {};
  std::vector<BlockKnobs> space = tile_space(machine);
  std::erase_if(space, [&](const BlockKnobs& knobs) { return !fits_grid(spec, knobs); });
  if (std::ranges::find(space, *best) == space.end()) space.push_back(*best);
  return space;
}

void CudaLinear::apply(Linear& op, const LinearSpec& spec, const Machine& machine,
                       const BlockKnobs& knobs) {
  const std::string_view broken = broken_rule(knobs, machine);
  require_knobs(broken.empty(), broken);
  require_knobs(fits_grid(spec, knobs), "at most 65535 blocks of rows");
  require_knobs(!has_statistics(spec), "no statistics of rows");
  put_product_on_gpu({.output = op.output,
                      .acc = op.acc,
                      .input_tile = op.input_tile,
                      .weight_tile = op.weight_tile,
                      .j = op.j,
                      .c = op.c,
                      .k = op.k,
                      .rows = {{op.i, knobs.rows()}}},
                     knobs);
  op.algorithm.lowering_passes.push_back(thread_registers());
}

}  // namespace vitgen
