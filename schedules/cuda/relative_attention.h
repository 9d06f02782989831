#pragma once
// ids of all pairs                          once, for all heads: a byte or two each, read from L2
// k table_q                                 of all keys, if q has a contextual table
// for image, head, threads_i m_r queries    gpu blocks, as schedules/support/gpu_attention.h
//   q table_k                               if k has one: a row of buckets in shared memory
//   scores, which begin with the terms that ids pick from those rows; softmax
//   probabilities by bucket                 if v has a table: a chain for each query
//   output                                  the buckets' terms follow in the same registers
// Bound: reads of shared memory; the terms add two loads to each pair.

#include <optional>
#include <vector>

#include "generators/ops/relative_attention.h"
#include "schedules/support/gpu_attention.h"

namespace vitgen {

struct CudaRelativeAttention {
  static constexpr std::string_view name = "cuda/relative_attention";
  static constexpr AttentionForm form = AttentionForm::clamped_rows;
  using Spec = RelativeAttentionSpec;
  using Knobs = QueryTile;
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static void apply(RelativeAttention& op, const Spec& spec, const Machine& machine,
                    const Knobs& knobs);
};

}  // namespace vitgen
