#pragma once
// What a caller asks of a model besides its weights.

#include <string>
#include <vector>

#include "generators/base/op_spec.h"

namespace vitgen {

struct PlanOptions {
  int batch = 1;
  int image_h = 0;  ///< 0: the model's own size
  int image_w = 0;
  DType input = DType::f32;          ///< u8: interleaved pixels, normalisation folded in
  DType precision = DType::f32;      ///< of activations and matrices in memory: f32, f16, bf16
  std::vector<std::string> outputs;  ///< of those that the network has; empty: the default
  std::vector<std::string> disabled_passes;  ///< names of plan passes to leave out
};

}  // namespace vitgen
