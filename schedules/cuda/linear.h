#pragma once
// for block of (threads_i m_r) rows x (threads_j n_r) columns     schedules/support/gpu_product.h
//   for k_c input channels: both tiles                            shared memory
//     m_r x n_r sums of a thread                                  registers
//   epilogue, store
// Bound: reads of shared memory.

#include <optional>
#include <vector>

#include "generators/ops/linear.h"
#include "schedules/support/gpu_product.h"

namespace vitgen {

struct CudaLinear {
  static constexpr std::string_view name = "cuda/linear";
  static constexpr LinearForm form = LinearForm::clamped_tiles;
  using Spec = LinearSpec;
  using Knobs = BlockKnobs;
  static std::optional<Knobs> defaults(const Spec& spec, const Machine& machine);
  static std::vector<Knobs> space(const Spec& spec, const Machine& machine);
  static void apply(Linear& op, const Spec& spec, const Machine& machine, const Knobs& knobs);
};

}  // namespace vitgen
