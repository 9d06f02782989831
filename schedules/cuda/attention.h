#pragma once
// for image, head, threads_i m_r queries                        gpu blocks
//   for d_c channels: keys of all tokens (T x d_c)              shared memory, loaded by all
//   threads
//     for thread: m_r queries x T/16 keys, every 16th           gpu threads; scores in registers
//   row max, probs, row sum over 16 lanes                       a row of probs in shared memory
//   for j_c tokens: their values (j_c x D)                      shared memory, loaded by all
//   threads
//     for thread: m_r queries x D/threads_d channels            sums in registers
// Nothing of tokens x tokens reaches memory. Bound: reads of shared memory, (T/16 + m_r) for each
// T/16 m_r FMAs of the scores, and (D/16 + m_r) for each D/16 m_r of the output.

#include <optional>
#include <vector>

#include "generators/ops/attention.h"
#include "schedules/machine.h"

namespace vitgen {

struct CudaAttention {
  static constexpr std::string_view name = "cuda/attention";
  static constexpr AttentionForm form = AttentionForm::clamped_rows;
  using Spec = AttentionSpec;
  struct Knobs {
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
  };
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static void apply(Attention& op, const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
