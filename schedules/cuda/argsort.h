#pragma once
// for image                                 gpu blocks
//   for key: its rank                       gpu threads; the ranks are kept in shared memory
//   for place: the key that has it          gpu threads
// Bound: reads of L1 and shared memory, as many as keys, twice.

#include <optional>
#include <vector>

#include "generators/ops/argsort.h"
#include "schedules/support/gpu_block.h"

namespace vitgen {

struct CudaArgsort {
  static constexpr std::string_view name = "cuda/argsort";
  using Spec = ArgsortSpec;
  using Knobs = ThreadKnobs;
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static void apply(Argsort& op, const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
