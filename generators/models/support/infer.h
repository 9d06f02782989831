#pragma once
// A model file without a config: as much as its tensors show.

#include "generators/models/support/family.h"
#include "generators/models/support/scheme.h"
#include "generators/models/support/vit_model.h"

namespace vitgen {

/// Hyper-parameters of a model with the names of timm or of Google's flax code. Tensors do not show
/// the activation, eps or the preprocessing, those of timm nor the number of heads: heads are taken
/// as 64 channels wide (or from `overrides`), the rest are the scheme's defaults, and a notice says
/// so. Errors: CFG_FIELD when the width is no multiple of 64 and heads are not given;
/// MODEL_MISSING.
VitModel infer_model(const WeightSource& weights, const FileNaming& naming,
                     const Fields& overrides);

/// Shape of a tensor that says what the model is. Throws MODEL_MISSING, and MODEL_SHAPE for another
/// number of axes.
const Shape& shown_shape(const WeightSource& weights, const std::string& name, std::size_t rank);

/// Blocks 0, 1, ... whose tensor called by `pattern`, as weight, is there.
std::int64_t count_blocks(const WeightSource& weights, std::string_view pattern);

/// `heads` of the overrides, else 64 channels a head. Throws CFG_FIELD if they do not divide the
/// width.
std::int64_t assumed_heads(std::int64_t width, const Fields& overrides);

/// The root of a square number; 0 of others.
std::int64_t square_root(std::int64_t n);

}  // namespace vitgen
