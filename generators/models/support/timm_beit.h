#pragma once
// timm's Beit: BEiT and BEiTv2. Its arguments are those of VisionTransformer and some more.

#include "generators/base/json.h"
#include "generators/plan/vit_spec.h"

namespace vitgen {

/// What these arguments say. CFG_UNSUPPORTED: MLPs with a gate or a norm, tables of relative
/// positions both in the blocks and shared by them.
void read_beit(const JsonFile& file, VitSpec& spec);

}  // namespace vitgen
