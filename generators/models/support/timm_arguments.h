#pragma once
// How a config of timm changes the architecture that it names.

#include <string>
#include <vector>

#include "generators/base/json.h"
#include "generators/models/support/model.h"

namespace vitgen {

/// The object at `key`; empty if it is absent or null. Another type is CFG_FIELD.
Json object_at(const JsonFile& file, std::string_view key);

/// The architecture's fields with the config's model_args, num_classes, global_pool and
/// input_size laid over them. `pretrained` is the config's pretrained_cfg. An argument that needs
/// what is not generated is CFG_UNSUPPORTED.
Json overlaid(const JsonFile& config, const Json& pretrained, Json fields);

/// A config with everything that it leaves to its architecture.
struct TimmFields {
  JsonFile merged;      ///< the arguments
  JsonFile preprocess;  ///< pretrained_cfg
};
TimmFields timm_fields(const JsonFile& config, const Json& architecture);

/// Names of the classes by the descriptions that go with them, if there are any. Left out, with a
/// notice, if they are not one for each class.
void read_timm_labels(const JsonFile& config, const JsonFile& pretrained, std::int64_t classes,
                      ModelFacts& model);

/// One notice for each key of the config, pretrained_cfg apart, that timm does not write.
void note_unknown_timm_keys(const JsonFile& config, std::vector<std::string>& notices);

/// One notice for each of model_args that VisionTransformer does not have.
void note_unknown_arguments(const JsonFile& config, std::vector<std::string>& notices);

}  // namespace vitgen
