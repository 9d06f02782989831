#pragma once
// How a config of timm changes the architecture that it names.

#include <string>
#include <vector>

#include "generators/base/json.h"

namespace vitgen {

/// The object at `key`; empty if it is absent or null. Another type is CFG_FIELD.
Json object_at(const JsonFile& file, std::string_view key);

/// The architecture's fields with the config's model_args, num_classes, global_pool and
/// input_size laid over them. `pretrained` is the config's pretrained_cfg. An argument that needs
/// what is not generated is CFG_UNSUPPORTED.
Json overlaid(const JsonFile& config, const Json& pretrained, Json fields);

/// One notice for each of model_args that VisionTransformer does not have.
void note_unknown_arguments(const JsonFile& config, std::vector<std::string>& notices);

}  // namespace vitgen
