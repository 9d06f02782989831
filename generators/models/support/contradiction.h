#pragma once
// Tensors that say another thing than the config does.

#include <string>

#include "generators/models/support/vit_model.h"

namespace vitgen {

/// Throws CFG_TENSORS if `tensor`, which the model does not use, is one that models with these
/// names have: registers, say, where the config gives none, or a block past the last.
void refuse_contradiction(const VitModel& model, const TensorNames& naming,
                          const std::string& tensor);

}  // namespace vitgen
