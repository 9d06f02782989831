#pragma once
// for block of (threads_i m_r) rows x (threads_j n_r) columns     gpu blocks
//   for k_c input channels
//     input tile (rows x k_c), weight tile (k_c x columns)        shared memory, loaded by all
//     for thread                                                  gpu threads
//       for k: m_r x n_r FMAs                                     sums in registers
//   epilogue, store
// Bound: reads of shared memory, (m_r + n_r) for each m_r n_r FMAs of a thread; the threads of a
// warp lie side by side along the columns, so they share what they read of the input.

#include <optional>

#include "generators/ops/linear.h"
#include "schedules/machine.h"

namespace vitgen {

struct BlockKnobs {
  int threads_j = 16;  ///< of a block, along the columns
  int threads_i = 16;  ///< along the rows
  int m_r = 4;         ///< rows of a thread
  int n_r = 4;         ///< columns of a thread, threads_j apart
  int k_c = 32;        ///< input channels in shared memory at a time
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
};

/// Registers that a thread may use if two blocks are to share a multiprocessor: one computes while
/// the other waits for its loads. 0 if the machine's registers are not known.
int register_budget(const Machine& machine, const BlockKnobs& knobs);

struct CudaLinear {
  static constexpr std::string_view name = "cuda/linear";
  static constexpr LinearForm form = LinearForm::clamped_tiles;
  using Spec = LinearSpec;
  using Knobs = BlockKnobs;
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static void apply(Linear& op, const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
