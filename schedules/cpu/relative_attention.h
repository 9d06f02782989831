#pragma once
// ids of all pairs                          once, for all heads: a byte or two each, read from L2
// for image, head, tiles of queries         as cpu/attention
//   k table_q                               of all keys, if q has a contextual table
//   for m_r queries
//     q table_k                             m_r x 16 sums in registers; m_r rows of buckets in L1
//     terms of the scores                   picked from those rows by id
//     scores, softmax                       as cpu/attention; the sums begin with the terms
//     probabilities by bucket               if v has a table: m_r chains side by side
//     output                                the buckets' terms follow in the same registers
// Bound: the FMA rate of both products; the terms add two loads and a store to each pair.

#include <optional>
#include <vector>

#include "generators/ops/relative_attention.h"
#include "schedules/cpu/attention.h"
#include "schedules/machine.h"

namespace vitgen {

struct CpuRelativeAttention {
  static constexpr std::string_view name = "cpu/relative_attention";
  using Spec = RelativeAttentionSpec;
  using Knobs = CpuAttention::Knobs;
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static void apply(RelativeAttention& op, const Spec& spec, const Machine& machine,
                    const Knobs& knobs);
};

}  // namespace vitgen
