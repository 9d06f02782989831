#include "schedules/cuda/linear.h"

#include <algorithm>

#include "schedules/rule.h"
#include "schedules/support/thread_registers.h"

namespace vitgen {

using Halide::Func;
using Halide::MemoryType;
using Halide::RVar;
using Halide::TailStrategy;
using Halide::Var;

namespace {

// Sums of a thread: half of the 128 registers that it has where two blocks share a multiprocessor.
constexpr int kMaxSums = 64;
// Where there are no warps a block is a square.
constexpr int kMinColumns = 16;

int groups(int extent, int size) { return (extent + size - 1) / size; }

int blocks(const LinearSpec& spec, const BlockKnobs& knobs) {
  return groups(spec.rows, knobs.threads_i * knobs.m_r) *
         groups(spec.n, knobs.threads_j * knobs.n_r);
}

/// The first rule that the knobs break, or nothing.
std::string_view broken_rule(const BlockKnobs& knobs, const Machine& machine) {
  const int threads = knobs.threads_i * knobs.threads_j;
  if (knobs.threads_i < 1 || knobs.threads_j < 1 || threads > machine.max_threads ||
      threads % machine.warp != 0) {
    return "threads_i threads_j is whole warps and within the block's limit";
  }
  if (knobs.m_r < 1 || knobs.n_r < 1 || knobs.m_r * knobs.n_r > kMaxSums) {
    return "1 <= m_r n_r <= 64";
  }
  if (knobs.unroll_k < 1 || knobs.k_c < 1 || knobs.k_c % knobs.unroll_k != 0) {
    return "unroll_k divides k_c";
  }
  if (knobs.k_c * knobs.m_r % knobs.threads_j != 0 ||
      knobs.k_c * knobs.n_r % knobs.threads_i != 0) {
    return "the threads of a block divide both tiles";
  }
  const int floats = knobs.k_c * (knobs.threads_i * knobs.m_r + knobs.threads_j * knobs.n_r);
  return floats * 4 <= machine.shared_bytes ? "" : "both tiles fit in shared memory";
}

/// The loops of a block: rows and columns of a thread inside the threads.
struct ThreadLoops {
  const BlockKnobs& knobs;
  Var j_thread{"j_thread"}, i_thread{"i_thread"}, column{"column"}, row{"row"};

  /// Cuts columns j and rows i of one block.
  void split(Halide::Stage stage, const Var& j, const Var& i) const {
    stage.split(j, column, j_thread, knobs.threads_j, TailStrategy::RoundUp)
        .split(i, i_thread, row, knobs.m_r, TailStrategy::RoundUp)
        .unroll(column)
        .unroll(row)
        .gpu_threads(j_thread, i_thread);
  }
};

/// Loads a tile of two dimensions into shared memory, neighbours in `fast` by neighbouring threads.
void stage_tile(Func tile, const Var& fast, int fast_extent, const Var& slow, int slow_extent,
                const BlockKnobs& knobs) {
  Var all("all"), rest("rest"), x("x"), y("y"), load("load");
  tile.store_in(MemoryType::GPUShared)
      .bound_extent(fast, fast_extent)
      .bound_extent(slow, slow_extent)
      .fuse(fast, slow, all)
      .split(all, rest, x, knobs.threads_j, TailStrategy::RoundUp)
      .split(rest, load, y, knobs.threads_i, TailStrategy::RoundUp)
      .reorder(x, y, load)
      .unroll(load)
      .gpu_threads(x, y);
}

}  // namespace

int register_budget(const Machine& machine, const BlockKnobs& knobs) {
  constexpr int kBlocks = 2;
  return machine.registers / (knobs.threads_i * knobs.threads_j * kBlocks);
}

std::optional<BlockKnobs> CudaLinear::defaults(const LinearSpec& spec, const Machine& machine) {
  if (machine.kind != MachineKind::gpu || spec.compute != Compute::f32) return std::nullopt;
  const int threads_j = std::max(machine.warp, kMinColumns);
  BlockKnobs knobs{
      .threads_j = threads_j, .threads_i = machine.block_threads / threads_j, .m_r = 8, .n_r = 4};
  if (!broken_rule(knobs, machine).empty()) return std::nullopt;
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

void CudaLinear::apply(Linear& op, const LinearSpec&, const Machine& machine,
                       const BlockKnobs& knobs) {
  const std::string_view broken = broken_rule(knobs, machine);
  require_knobs(broken.empty(), broken);
  const int rows = knobs.threads_i * knobs.m_r;
  const int columns = knobs.threads_j * knobs.n_r;
  const ThreadLoops loops{knobs};
  Var j_block("j_block"), i_block("i_block"), j("j"), i("i");
  op.output.split(op.j, j_block, j, columns, TailStrategy::GuardWithIf)
      .split(op.i, i_block, i, rows, TailStrategy::GuardWithIf);
  loops.split(op.output, j, i);
  op.output.reorder(loops.column, loops.row, loops.j_thread, loops.i_thread, j_block, i_block)
      .gpu_blocks(j_block, i_block);

  op.acc.compute_at(op.output, j_block)
      .store_in(MemoryType::Register)
      .bound_extent(op.j, columns)
      .bound_extent(op.i, rows);
  loops.split(op.acc, op.j, op.i);
  op.acc.reorder(loops.column, loops.row, loops.j_thread, loops.i_thread);
  RVar k_tile("k_tile"), k("k"), k_step("k_step"), k_unrolled("k_unrolled");
  op.acc.update()
      .split(op.k, k_tile, k, knobs.k_c, TailStrategy::GuardWithIf)
      .split(k, k_step, k_unrolled, knobs.unroll_k)
      .unroll(k_unrolled);
  loops.split(op.acc.update(), op.j, op.i);
  op.acc.update().reorder(loops.column, loops.row, k_unrolled, k_step, loops.j_thread,
                          loops.i_thread, k_tile);

  stage_tile(op.input_tile.compute_at(op.acc, k_tile), op.c, knobs.k_c, op.i, rows, knobs);
  stage_tile(op.weight_tile.compute_at(op.acc, k_tile), op.j, columns, op.c, knobs.k_c, knobs);
  op.algorithm.lowering_passes.push_back(thread_registers());
}

}  // namespace vitgen
