#pragma once
// for image, head, threads_i m_r queries    gpu blocks, as schedules/support/gpu_attention.h
//   scores in registers, a row of probs in shared memory, the output's sums in registers
// Bound: reads of shared memory.

#include <optional>
#include <vector>

#include "schedules/support/gpu_attention.h"

namespace vitgen {

struct CudaAttention {
  static constexpr std::string_view name = "cuda/attention";
  static constexpr AttentionForm form = AttentionForm::clamped_rows;
  using Spec = AttentionSpec;
  using Knobs = QueryTile;
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static void apply(Attention& op, const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
