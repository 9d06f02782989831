#pragma once
// Hyper-parameters of a Transformer in Transformer: by timm's name, from timm's config.json, or as
// much as the tensors show.

#include <string>

#include "generators/models/support/family.h"
#include "generators/models/support/tnt_scheme.h"

namespace vitgen {

struct TntModel : ModelFacts {
  TntSpec spec;
};

/// True if the config names an architecture that begins with "tnt_".
bool is_tnt_config(const JsonFile& config);
bool is_tnt_architecture(std::string_view name);

/// timm's config.json; a key `start` beside its own says "projected" or "zeros". The names of the
/// tensors are set by the caller, and the order of the pixels' positions. Errors: CFG_*.
TntModel read_tnt_config(const JsonFile& config);

/// An architecture with nothing changed.
TntModel tnt_model(const std::string& architecture);

/// Without a config. Tensors do not show the heads, which are taken as 64 channels wide and as 4 of
/// the pixels (or from `overrides`), nor the step of the convolution, taken as 4: a notice says so.
/// Errors: CFG_FIELD, MODEL_MISSING, MODEL_SHAPE.
TntModel infer_tnt(const WeightSource& weights, const TntNaming& naming, const Fields& overrides);

}  // namespace vitgen
