#pragma once
// timm's Eva: EVA, EVA-02, DINOv3 and vision transformers with rotary positions. Its arguments are
// those of VisionTransformer and some more.

#include <string>

#include "generators/base/json.h"
#include "generators/plan/vit_spec.h"

namespace vitgen {

/// `fields` of an architecture with what they say of the arguments of Eva or BEiT beside the
/// others, and `eva` and `beit` true or false.
void spread_class_arguments(Json& fields);

/// What these arguments say. Throws CFG_UNSUPPORTED for a kind of rotary positions that is not
/// generated.
void read_eva(const JsonFile& file, VitSpec& spec);

/// The naming scheme of the files of an architecture, changed by the config's `model_args`.
std::string timm_scheme(const std::string& architecture, const Json& model_args);

}  // namespace vitgen
