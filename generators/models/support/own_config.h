#pragma once
// config.json in vitgen's own words: the fields of VitSpec by their names. For models that no
// library describes.

#include "generators/models/support/family.h"
#include "generators/models/support/scheme.h"
#include "generators/models/support/vit_model.h"

namespace vitgen {

/// True if the config has the key `network` with VitSpec's kind as its value.
bool is_own_config(const JsonFile& config);

/// The names of its `naming` without a file; "timm" unless it says another.
FileNaming own_naming(const JsonFile& config);

/// Hyper-parameters, labels and preprocessing; the spec's names are set from `naming`. What a wrong
/// default would silently change must be there: sizes, eps, the activation. Errors: CFG_*.
VitModel read_own_config(const JsonFile& config, const FileNaming& naming);

}  // namespace vitgen
