#pragma once
// Do the tensors of the file and the hyper-parameters of the config describe the same network?

#include <string>
#include <vector>

#include "generators/models/support/model.h"
#include "generators/models/support/scheme.h"

namespace vitgen {

/// Every tensor of `model` is in `weights`, with its shape (axes of extent 1 apart) and a type that
/// can be read. Tensors that are left over contradict the config (an error, CFG_TENSORS: the file
/// has registers, say, and the config none), can be ignored, or are named in a notice, with
/// `strict` an error (MODEL_EXTRA). `naming` is the file's complete scheme.
void bind_tensors(Model& model, const TensorNames& naming, const WeightSource& weights,
                  bool strict);

/// "width 768, depth 12, ...": what a message says about a model.
std::string spec_summary(const ModelSpec& spec);

}  // namespace vitgen
