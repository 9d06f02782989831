#pragma once
// Whether a library holds the weights of a model: each packed tensor is computed again from the
// model's file and compared byte for byte.

#include <string>
#include <vector>

#include "generators/base/json.h"
#include "tools/emit/progress.h"
#include "tools/vitgen/model_source.h"

namespace vitgen {

struct WeightsCheck {
  std::size_t checked = 0;
  std::vector<std::string> different;  ///< names of tensors whose bytes differ
};

/// Throws what loading the model throws, and MODEL_OTHER (bad_input) if the model's plan has other
/// tensors than the library.
WeightsCheck verify_weights(const std::string& directory, const JsonFile& manifest,
                            const ModelArguments& given, Progress& progress);

}  // namespace vitgen
