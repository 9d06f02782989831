#pragma once
// for image, for m_r outputs, for block of channels         gpu blocks
//   for channel                             gpu threads
//     for tokens: m_r FMAs                  sums in registers; a weight is the same for all threads
// Bound: reads of L1, m_r + 1 for each m_r FMAs.

#include <optional>
#include <vector>

#include "generators/ops/token_mix.h"
#include "schedules/machine.h"

namespace vitgen {

struct CudaTokenMix {
  static constexpr std::string_view name = "cuda/token_mix";
  using Spec = TokenMixSpec;
  struct Knobs {
    int threads = 256;  ///< of a block, along the channels
    int m_r = 4;        ///< outputs of a thread
    template <class V>
    void visit(V& v) {
      v("threads", threads);
      v("m_r", m_r);
    }
  };
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static void apply(TokenMix& op, const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
