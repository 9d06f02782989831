#pragma once
// The hyper-parameters of a model that is known to be a vision transformer.

#include "generators/models/support/model.h"
#include "generators/plan/vit_spec.h"

namespace vitgen {

inline VitSpec vit_of(const Model& model) { return model.network.as<VitSpec>(); }

}  // namespace vitgen
