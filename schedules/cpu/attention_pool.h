#pragma once
// for image, for head                       parallel over both
//   its scores and their powers of two, which stay in L1
//   for tokens: their channels in vectors are added to a row of sums
// Bound: memory; one read of the values.

#include <optional>

#include "generators/ops/attention_pool.h"
#include "schedules/machine.h"

namespace vitgen {

struct CpuAttentionPool {
  static constexpr std::string_view name = "cpu/attention_pool";
  using Spec = AttentionPoolSpec;
  struct Knobs {
    template <class V>
    void visit(V&) {}
  };
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static void apply(AttentionPool& op, const Spec& spec, const Machine& machine,
                    const Knobs& knobs);
};

}  // namespace vitgen
