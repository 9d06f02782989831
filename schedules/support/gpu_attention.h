#pragma once
// Attention on a GPU, for ops that put terms of their own between its parts:
//
// for image, head, threads_i m_r queries                        gpu blocks
//   for d_c channels: keys of all tokens (T x d_c)              shared memory, loaded by all
//   threads
//     for thread: m_r queries x T/16 keys, every 16th           gpu threads; scores in registers
//   row max, probs, row sum over 16 lanes                       a row of probs in shared memory
//   for j_c tokens: their values (j_c x D)                      shared memory, loaded by all
//   threads
//     for thread: m_r queries x D/16 channels                   sums in registers
// Nothing of tokens x tokens reaches memory. Bound: reads of shared memory, (T/16 + m_r) for each
// T/16 m_r FMAs of the scores, and (D/16 + m_r) for each D/16 m_r of the output.

#include <optional>
#include <string_view>
#include <vector>

#include "generators/ops/attention.h"
#include "schedules/machine.h"

namespace vitgen {

struct QueryTile {
  int threads_i = 4;  ///< of a block, along the queries; 16 along keys or channels
  int m_r = 4;        ///< queries of a thread, threads_i apart
  int d_c = 16;       ///< channels of the keys in shared memory at a time
  int j_c = 32;       ///< tokens whose values are in shared memory at a time
  template <class V>
  void visit(V& v) {
    v("threads_i", threads_i);
    v("m_r", m_r);
    v("d_c", d_c);
    v("j_c", j_c);
  }

  int queries() const { return threads_i * m_r; }  ///< of a block
};

/// What an op wants of a block beside attention's own.
struct QueryExtras {
  int floats = 0;  ///< of shared memory, for each query
};

/// The first rule that the tile breaks, or nothing. The form is clamped_rows.
std::string_view broken_rule(const AttentionSpec& spec, const QueryTile& tile,
                             const Machine& machine, const QueryExtras& extras = {});

/// The largest tile that leaves no multiprocessor without a block; nothing where none fits.
std::optional<QueryTile> best_query_tile(const AttentionSpec& spec, const Machine& machine,
                                         const QueryExtras& extras = {});

std::vector<QueryTile> query_tiles(const AttentionSpec& spec, const Machine& machine,
                                   const QueryExtras& extras = {});

/// Threads of a block along the channels of the output.
int channel_threads(const AttentionSpec& spec);

/// The loops of a block that its stages stand in.
struct QueryLoops {
  QueryTile knobs;
  Halide::Var tile{"tile"};  ///< the innermost loop over blocks
  Halide::Var thread{"i_thread"}, row{"row"}, column{"column"}, d_thread{"d_thread"};

  /// Cuts the queries of one block: rows of a thread, unrolled.
  void split_queries(Halide::Stage stage, const Halide::Var& i) const;
  /// Cuts channels of the output: columns of a thread, unrolled.
  void split_channels(Halide::Stage stage, const Attention& op, const AttentionSpec& spec) const;
};

/// The caller adds the pass thread_registers() to the lowering.
QueryLoops put_attention_on_gpu(Attention& op, const AttentionSpec& spec, const QueryTile& tile);

}  // namespace vitgen
