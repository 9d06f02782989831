#pragma once
// A vision transformer while its files are being read.

#include "generators/models/support/model.h"
#include "generators/plan/vit_spec.h"

namespace vitgen {

struct VitModel : ModelFacts {
  VitSpec spec;
};

}  // namespace vitgen
