#pragma once
// A matrix product in tiles on a GPU:
//
// for block of (threads_i m_r) rows x (threads_j n_r) columns     gpu blocks
//   for k_c terms
//     input tile (rows x k_c), weight tile (k_c x columns)        shared memory, loaded by all
//     for thread                                                  gpu threads
//       for k: m_r x n_r FMAs                                     sums in registers
//   epilogue, store
// Bound: reads of shared memory, (m_r + n_r) for each m_r n_r FMAs of a thread; the threads of a
// warp lie side by side along the columns, so they share what they read of the input.

#include <Halide.h>

#include <optional>
#include <string_view>
#include <vector>

#include "schedules/machine.h"

namespace vitgen {

struct BlockKnobs {
  int threads_j = 16;  ///< of a block, along the columns
  int threads_i = 16;  ///< along the rows
  int m_r = 4;         ///< rows of a thread
  int n_r = 4;         ///< columns of a thread, threads_j apart
  int k_c = 32;        ///< terms in shared memory at a time
  int unroll_k = 4;

  template <class V>
  void visit(V& v) {
    v("threads_j", threads_j);
    v("threads_i", threads_i);
    v("m_r", m_r);
    v("n_r", n_r);
    v("k_c", k_c);
    v("unroll_k", unroll_k);
  }
  bool operator==(const BlockKnobs&) const = default;

  int rows() const { return threads_i * m_r; }     ///< of a block
  int columns() const { return threads_j * n_r; }  ///< of a block
};

/// The first rule that the knobs break, or nothing.
std::string_view broken_rule(const BlockKnobs& knobs, const Machine& machine);

/// Registers that a thread may use if two blocks are to share a multiprocessor: one computes while
/// the other waits for its loads. 0 if the machine's registers are not known.
int register_budget(const Machine& machine, const BlockKnobs& knobs);

/// Blocks of block_threads with the largest tile of a thread; nothing where the machine has no
/// such block.
std::optional<BlockKnobs> largest_tile(const Machine& machine);

/// Every tile of a thread with each way to arrange the threads, that breaks no rule.
std::vector<BlockKnobs> tile_space(const Machine& machine);

/// A dimension of a tile, and its extent there.
struct TileDim {
  Halide::Var var;
  int extent = 1;
};

struct BlockProduct {
  Halide::Func output, acc, input_tile, weight_tile;  ///< tiles: (c, rows...), (j, c)
  Halide::Var j, c;                                   ///< column, term
  Halide::RDom k;                                     ///< over the terms
  /// Dimensions that rows are counted along, innermost first; their tiles together are the rows of
  /// a block.
  std::vector<TileDim> rows;
  std::vector<Halide::Var> images = {};  ///< dimensions with a block for each of their iterations
};

/// The caller adds the pass thread_registers() to the lowering.
void put_product_on_gpu(const BlockProduct& product, const BlockKnobs& knobs);

}  // namespace vitgen
