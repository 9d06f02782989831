#include "generators/models/support/timm_beit.h"

#include "generators/base/error.h"

namespace vitgen {

void read_beit(const JsonFile& file, VitSpec& spec) {
  for (const char* key : {"swiglu_mlp", "scale_mlp"}) {
    if (!get_bool_or(file, key, false)) continue;
    json_error(file, key, "CFG_UNSUPPORTED", "not supported of BEiT", "published models lack it");
  }
  const bool own = get_bool(file, "use_rel_pos_bias");
  const bool common = get_bool(file, "use_shared_rel_pos_bias");
  if (own && common) {
    json_error(file, "use_shared_rel_pos_bias", "CFG_UNSUPPORTED",
               "a table for all blocks beside one in each is not supported",
               "published models have one or the other");
  }
  if (own || common) spec.relative = parse_relative(own ? "bias" : "shared-bias");
  spec.relative_resample = tensors::Resample::geometric;
  spec.k_bias = false;
  if (get_bool(file, "use_abs_pos_emb")) return;
  spec.positions = Positions::none;
  spec.position_prefix = 0;
}

}  // namespace vitgen
