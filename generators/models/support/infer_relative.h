#pragma once
// Relative positions of a model file without a config, as far as its tables show them.

#include "generators/models/support/vit_model.h"
#include "generators/weights/weight_source.h"

namespace vitgen {

/// BEiT's tables, of the blocks or shared by them: sets spec.relative, heads and, where there are
/// no other positions, the grid of patches. The width and the patch are known. Errors: CFG_FIELD
/// for distances that are not those of a square, MODEL_SHAPE.
void infer_exact_relative(const WeightSource& weights, VitSpec& spec);

/// Sets spec.relative from the tables of the first block; names, heads and tokens are known. A
/// table's buckets do not show the method and its ratio: those that were published with as many are
/// taken, and a notice says so. Errors: CFG_FIELD for another number, MODEL_SHAPE.
void infer_relative(const WeightSource& weights, VitModel& model);

}  // namespace vitgen
