#pragma once
// for image                                 parallel
//   for tokens: their channels in vectors are added to a row of sums, which stays in L1
// Bound: memory; a few kilobytes.

#include <optional>

#include "generators/ops/pool.h"
#include "schedules/machine.h"

namespace vitgen {

struct CpuPool {
  static constexpr std::string_view name = "cpu/pool";
  using Spec = PoolSpec;
  struct Knobs {
    template <class V>
    void visit(V&) {}
  };
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static void apply(Pool& op, const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
