#pragma once
// One network's hyper-parameters, whatever file they came from.

#include <cstdint>
#include <string>
#include <vector>

#include "generators/plan/plan.h"

namespace vitgen {

/// What a caller asks of a model besides its weights.
struct PlanOptions {
  int batch = 1;
  int image_h = 0;  ///< 0: the model's own size
  int image_w = 0;
  DType input = DType::f32;           ///< u8: interleaved pixels, normalisation folded in
  std::vector<std::string> outputs;   ///< of {"logits", "tokens", "pooled"}; empty: the default
  std::vector<std::string> disabled_passes;  ///< names of plan passes to leave out
};

}  // namespace vitgen
