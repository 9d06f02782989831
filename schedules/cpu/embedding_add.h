#pragma once
// for image, for tokens_per_task tokens     parallel over both
//   for token, for channels in vectors
// Bound: memory.

#include <optional>
#include <vector>

#include "generators/ops/embedding_add.h"
#include "schedules/machine.h"

namespace vitgen {

struct CpuEmbeddingAdd {
  static constexpr std::string_view name = "cpu/embedding_add";
  using Spec = EmbeddingAddSpec;
  struct Knobs {
    int tokens_per_task = 32;
    template <class V>
    void visit(V& v) {
      v("tokens_per_task", tokens_per_task);
    }
  };
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static void apply(EmbeddingAdd& op, const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
