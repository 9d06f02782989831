#include "schedules/support/gpu_product.h"

#include <algorithm>

namespace vitgen {

using Halide::Func;
using Halide::MemoryType;
using Halide::RVar;
using Halide::Stage;
using Halide::TailStrategy;
using Halide::Var;

namespace {

// Sums of a thread: half of the 128 registers that it has where two blocks share a multiprocessor.
constexpr int kMaxSums = 64;
// Where there are no warps a block is a square.
constexpr int kMinColumns = 16;

/// The dimensions as one.
Var fuse_all(Stage stage, const std::vector<Var>& dims, const Var& fused) {
  Var all = dims.front();
  for (std::size_t d = 1; d < dims.size(); ++d) {
    stage.fuse(all, dims[d], fused);
    all = fused;
  }
  return all;
}

/// The loops of a block: rows and columns of a thread inside the threads.
struct ThreadLoops {
  const BlockKnobs& knobs;
  Var j_thread{"j_thread"}, i_thread{"i_thread"}, column{"column"}, row{"row"}, rows{"rows"};

  /// Cuts columns j and rows i of one block.
  void split(Stage stage, const Var& j, const std::vector<Var>& i) const {
    stage.split(j, column, j_thread, knobs.threads_j, TailStrategy::RoundUp)
        .split(fuse_all(stage, i, rows), i_thread, row, knobs.m_r, TailStrategy::RoundUp)
        .unroll(column)
        .unroll(row)
        .gpu_threads(j_thread, i_thread);
  }
};

/// Loads a tile into shared memory, neighbours in its first dimension by neighbouring threads.
void stage_tile(Func tile, const std::vector<TileDim>& dims, const BlockKnobs& knobs) {
  Var all("all"), rest("rest"), x("x"), y("y"), load("load");
  std::vector<Var> vars;
  for (const TileDim& dim : dims) {
    tile.bound_extent(dim.var, dim.extent);
    vars.push_back(dim.var);
  }
  tile.store_in(MemoryType::GPUShared)
      .split(fuse_all(tile, vars, all), rest, x, knobs.threads_j, TailStrategy::RoundUp)
      .split(rest, load, y, knobs.threads_i, TailStrategy::RoundUp)
      .reorder(x, y, load)
      .unroll(load)
      .gpu_threads(x, y);
}

/// The output's loops; returns the innermost one over blocks.
Var split_output(const BlockProduct& product, const ThreadLoops& loops) {
  Func output = product.output;
  Var j_block("j_block"), j("j"), i_block("i_block");
  output.split(product.j, j_block, j, loops.knobs.columns(), TailStrategy::GuardWithIf);
  std::vector<Var> inside, blocks;
  for (const TileDim& dim : product.rows) {
    const Var block(dim.var.name() + "_block"), i(dim.var.name() + "_row");
    output.split(dim.var, block, i, dim.extent, TailStrategy::GuardWithIf);
    blocks.push_back(block);
    inside.push_back(i);
  }
  blocks.insert(blocks.end(), product.images.begin(), product.images.end());
  loops.split(output, j, inside);
  i_block = fuse_all(output, blocks, i_block);
  output.reorder(loops.column, loops.row, loops.j_thread, loops.i_thread, j_block, i_block)
      .gpu_blocks(j_block, i_block);
  return j_block;
}

}  // namespace

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
  const int floats = knobs.k_c * (knobs.rows() + knobs.columns());
  return floats * 4 <= machine.shared_bytes ? "" : "both tiles fit in shared memory";
}

int register_budget(const Machine& machine, const BlockKnobs& knobs) {
  constexpr int kBlocks = 2;
  return machine.registers / (knobs.threads_i * knobs.threads_j * kBlocks);
}

std::optional<BlockKnobs> largest_tile(const Machine& machine) {
  const int threads_j = std::max(machine.warp, kMinColumns);
  const BlockKnobs knobs{
      .threads_j = threads_j, .threads_i = machine.block_threads / threads_j, .m_r = 8, .n_r = 4};
  return broken_rule(knobs, machine).empty() ? std::optional(knobs) : std::nullopt;
}

std::vector<BlockKnobs> tile_space(const Machine& machine) {
  std::vector<BlockKnobs> space;
  const int least = std::max(machine.warp, kMinColumns);
  for (int threads = least; threads <= machine.block_threads; threads *= 2) {
    for (int threads_j = kMinColumns; threads_j <= threads && threads_j <= 2 * least;
         threads_j *= 2) {
      for (const int m_r : {1, 2, 4, 8}) {
        for (const int n_r : {1, 2, 4, 8}) {
          for (const int k_c : {16, 32}) {
            const BlockKnobs knobs{.threads_j = threads_j,
                                   .threads_i = threads / threads_j,
                                   .m_r = m_r,
                                   .n_r = n_r,
                                   .k_c = k_c};
            if (broken_rule(knobs, machine).empty()) space.push_back(knobs);
          }
        }
      }
    }
  }
  return space;
}

void put_product_on_gpu(const BlockProduct& product, const BlockKnobs& knobs) {
  const ThreadLoops loops{knobs};
  const Var block = split_output(product, loops);
  Func acc = product.acc;
  acc.compute_at(product.output, block)
      .store_in(MemoryType::Register)
      .bound_extent(product.j, knobs.columns());
  std::vector<Var> rows;
  std::vector<TileDim> input_dims = {{product.c, knobs.k_c}};
  for (const TileDim& dim : product.rows) {
    acc.bound_extent(dim.var, dim.extent);
    rows.push_back(dim.var);
    input_dims.push_back(dim);
  }
  loops.split(acc, product.j, rows);
  acc.reorder(loops.column, loops.row, loops.j_thread, loops.i_thread);
  RVar k_tile("k_tile"), k("k"), k_step("k_step"), k_unrolled("k_unrolled");
  acc.update()
      .split(product.k, k_tile, k, knobs.k_c, TailStrategy::GuardWithIf)
      .split(k, k_step, k_unrolled, knobs.unroll_k)
      .unroll(k_unrolled);
  loops.split(acc.update(), product.j, rows);
  acc.update().reorder(loops.column, loops.row, k_unrolled, k_step, loops.j_thread, loops.i_thread,
                       k_tile);

  Func input_tile = product.input_tile, weight_tile = product.weight_tile;
  stage_tile(input_tile.compute_at(acc, k_tile), input_dims, knobs);
  stage_tile(weight_tile.compute_at(acc, k_tile),
             {{product.j, knobs.columns()}, {product.c, knobs.k_c}}, knobs);
}

}  // namespace vitgen
