#pragma once
// timm: an architecture by name, and the config.json that timm writes beside a model.

#include <string>
#include <vector>

#include "generators/models/support/family.h"
#include "generators/models/support/vit_model.h"

namespace vitgen {

/// Names of all architectures that timm builds as a VisionTransformer or as BEiT, sorted.
const std::vector<std::string>& timm_architectures();

/// True if the config is timm's: it names an `architecture`.
bool is_timm_config(const JsonFile& config);

/// Hyper-parameters, labels and preprocessing; the names of the tensors are set by the caller.
/// Precedence: model_args, then the config's own num_classes, global_pool and pretrained_cfg, then
/// the architecture. Errors: CFG_*; an architecture that is unknown or needs what is not generated
/// is CFG_UNSUPPORTED.
VitModel read_timm_config(const JsonFile& config);

/// An architecture with nothing changed.
VitModel timm_model(const std::string& architecture);

}  // namespace vitgen
