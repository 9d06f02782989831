#pragma once
// transformers: config.json of ViT, MAE, DeiT, DINOv2 (with registers or not) and the vision towers
// of CLIP and SigLIP.

#include <optional>
#include <string>

#include "generators/models/support/family.h"
#include "generators/models/support/scheme.h"
#include "generators/models/support/vit_model.h"

namespace vitgen {

/// True if the config's `model_type` is one of those above.
bool is_hf_config(const JsonFile& config);

/// The model types that are read, for messages.
std::string hf_model_types();

/// The file names of a model of this type without a file, as transformers writes them.
FileNaming hf_naming(const JsonFile& file);

/// Hyper-parameters, labels and preprocessing. `weights`, if there are any, decide whether there is
/// a head or a pooler, as they do in transformers. `naming` is the scheme of the file; the spec's
/// names are set from it. Errors: CFG_*.
VitModel read_hf_config(const JsonFile& file, const std::optional<JsonFile>& preprocessor,
                        const FileNaming& naming, const WeightSource* weights);

}  // namespace vitgen
