#include "schedules/cuda/patch_embed.h"

#include <algorithm>
#include <tuple>

#include "schedules/rule.h"
#include "schedules/support/gpu_block.h"
#include "schedules/support/thread_registers.h"

namespace vitgen {

namespace {

using Knobs = CudaPatchEmbed::Knobs;

int groups(int extent, int size) { return (extent + size - 1) / size; }

int grid_r(const Knobs& knobs) { return knobs.block.rows() / knobs.grid_c; }

/// Blocks of patches, of all images.
std::int64_t row_blocks(const PatchEmbedSpec& spec, const Knobs& knobs) {
  return std::int64_t{spec.batch} * groups(spec.grid_w(), knobs.grid_c) *
         groups(spec.grid_h(), grid_r(knobs));
}

std::string_view broken_rule(const PatchEmbedSpec& spec, const Knobs& knobs,
                             const Machine& machine) {
  const std::string_view broken = broken_rule(knobs.block, machine);
  if (!broken.empty()) return broken;
  if (knobs.grid_c < 1 || knobs.block.rows() % knobs.grid_c != 0) {
    return "grid_c divides threads_i m_r";
  }
  // Else the patches of a thread wrap at different columns in each thread, and its sums with them.
  if (knobs.grid_c % knobs.block.m_r != 0 && knobs.block.m_r % knobs.grid_c != 0) {
    return "grid_c is a multiple or a divisor of m_r";
  }
  return row_blocks(spec, knobs) <= kMostBlocksAcross ? "" : "at most 65535 blocks of patches";
}

/// Reads of shared memory: for each patch that a block computes, of the grid or beyond it, by the
/// reads for each multiply-add.
double cost(const PatchEmbedSpec& spec, const Knobs& knobs) {
  const BlockKnobs& block = knobs.block;
  const double patches = static_cast<double>(row_blocks(spec, knobs)) * block.rows();
  const double columns = static_cast<double>(groups(spec.n, block.columns())) * block.columns();
  return patches * columns * (block.m_r + block.n_r) / (block.m_r * block.n_r);
}

}  // namespace

std::optional<Knobs> CudaPatchEmbed::defaults(const Spec& spec, const Machine& machine) {
  const std::vector<Knobs> all = space(spec, machine);
  if (all.empty()) return std::nullopt;
  // A block for each multiprocessor comes first.
  const auto order = [&](const Knobs& knobs) {
    const std::int64_t blocks = row_blocks(spec, knobs) * groups(spec.n, knobs.block.columns());
    return std::tuple(std::max(std::int64_t{0}, machine.multiprocessors - blocks),
                      cost(spec, knobs));
  };
  return std::ranges::min(all, {}, order);
}

std::vector<Knobs> CudaPatchEmbed::space(const Spec& spec, const Machine& machine) {
  if (machine.kind != MachineKind::gpu) return {};
  const auto largest = largest_tile(machine);
  if (!largest) return {};
  std::vector<Knobs> space;
  Knobs knobs{.block = *largest};
  for (int m_r = 1; m_r <= largest->m_r; ++m_r) {
    for (const int n_r : {1, 2, 4}) {
      knobs.block.m_r = m_r;
      knobs.block.n_r = n_r;
      for (knobs.grid_c = 1; knobs.grid_c <= knobs.block.rows(); ++knobs.grid_c) {
        if (broken_rule(spec, knobs, machine).empty()) space.push_back(knobs);
      }
    }
  }
  return space;
}

void CudaPatchEmbed::apply(PatchEmbed& op, const Spec& spec, const Machine& machine,
                           const Knobs& knobs) {
  const std::string_view broken = broken_rule(spec, knobs, machine);
  require_knobs(broken.empty(), broken);
  put_product_on_gpu({.output = op.output,
                      .acc = op.acc,
                      .input_tile = op.input_tile,
                      .weight_tile = op.weight_tile,
                      .j = op.j,
                      .c = op.t,
                      .k = op.k,
                      .rows = {{op.c, knobs.grid_c}, {op.r, grid_r(knobs)}},
                      .images = {op.b}},
                     knobs.block);
  op.algorithm.lowering_passes.push_back(thread_registers());
}

}  // namespace vitgen
