#pragma once
// The two transformers of a TntSpec as those that the parts of lower() know.

#include "generators/plan/tnt.h"
#include "generators/plan/vit_spec.h"

namespace vitgen {

/// On [CLS] and the patches, with the image, the head and the outputs.
VitSpec outer_of(const TntSpec& spec);

/// On the pixels of one patch; its images are the network's patches.
VitSpec inner_of(const TntSpec& spec);

}  // namespace vitgen
