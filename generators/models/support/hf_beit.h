#pragma once
// What a config of transformers says of BEiT and of no other vision transformer.

#include "generators/base/json.h"
#include "generators/models/support/vit_model.h"
#include "generators/weights/weight_source.h"

namespace vitgen {

/// Tokens, positions, biases and LayerScale. Sizes are known. CFG_UNSUPPORTED: tables of relative
/// positions both in the blocks and shared by them, or for images that are not square.
void read_beit_blocks(const JsonFile& config, VitSpec& spec);

/// Pooling and last norm, as `weights` show them where there are any. CFG_UNSUPPORTED for a head
/// that is no classifier.
void read_beit_pooling(const JsonFile& config, const WeightSource* weights, VitModel& model);

}  // namespace vitgen
