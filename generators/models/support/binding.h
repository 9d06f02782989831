#pragma once
// Do the tensors of the file and the hyper-parameters of the config describe the same network?

#include <functional>
#include <string>

#include "generators/models/support/model.h"

namespace vitgen {

struct BindOptions {
  bool strict = false;  ///< tensors that the model does not use are an error
  /// Called with each of them; throws if one shows that the config is another model's.
  std::function<void(const std::string& tensor)> refuse_contradiction = {};
};

/// Every tensor of `model` is in `weights`, with its shape (axes of extent 1 apart) and a type that
/// can be read. Tensors that are left over contradict the config (an error, CFG_TENSORS: the file
/// has registers, say, and the config none), can be ignored, or are named in a notice, with
/// `strict` an error (MODEL_EXTRA).
void bind_tensors(Model& model, const WeightSource& weights, const BindOptions& options);

}  // namespace vitgen
