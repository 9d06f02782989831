#include "generators/models/support/timm_eva.h"

#include <fmt/format.h>

#include "generators/base/error.h"
#include "generators/models/support/config_read.h"
#include "generators/models/support/timm_architectures.h"

namespace vitgen {

void spread_class_arguments(Json& fields) {
  for (const char* kind : {"eva", "beit"}) {
    const Json arguments = fields.value(kind, Json());
    fields[kind] = arguments.is_object();
    if (arguments.is_object()) fields.update(arguments);
  }
}

namespace {

/// timm's SwiGLU has a tensor for each half, and rounds up; its GluMlp has one for both.
void read_mlp(const JsonFile& file, VitSpec& spec) {
  const std::int64_t align = get_int_or(file, "swiglu_align_to", 0, 0, any_extent);
  spec.mlp_norm = get_bool(file, "scale_mlp");
  if (!get_bool(file, "swiglu_mlp")) return;
  spec.activation = Activation::silu;
  spec.gate = spec.mlp_norm || align > 0 ? GateWeights::split : GateWeights::joined;
  if (align > 0) spec.mlp = (spec.mlp + align - 1) / align * align;
}

void read_rotary(const JsonFile& file, VitSpec& spec) {
  if (!get_bool(file, "use_rot_pos_emb")) return;
  const std::string type = get_string_or(file, "rope_type", "cat");
  if (type != "cat" && type != "dinov3") {
    json_error(file, "rope_type", "CFG_UNSUPPORTED",
               fmt::format("rotary positions of the type '{}' are not supported", printable(type)),
               "supported: cat, dinov3");
  }
  spec.rotary = get_bool(file, "rope_rotate_half") ? Rotary2d::halves : Rotary2d::adjacent;
  spec.rotary_places = type == "cat" ? RotaryPlaces::counted : RotaryPlaces::centred;
  spec.rotary_theta = static_cast<float>(get_number(file, "rope_temperature"));
  spec.rotary_x_first = get_string(file, "rope_grid_indexing") == "xy";
  if (type == "cat" && has_value(file, "ref_feat_shape")) {
    const Size reference = read_size(file, "ref_feat_shape");
    spec.rotary_grid_h = reference.h;
    spec.rotary_grid_w = reference.w;
  }
}

}  // namespace

void read_eva(const JsonFile& file, VitSpec& spec) {
  read_mlp(file, spec);
  read_rotary(file, spec);
  spec.attn_norm = get_bool(file, "scale_attn_inner");
  if (get_string(file, "attn_type") == "eva") spec.k_bias = false;
  if (!get_bool(file, "use_abs_pos_emb")) {
    spec.positions = Positions::none;
    spec.position_prefix = 0;
  }
  if (get_bool(file, "use_post_norm")) {
    spec.norm_placement = NormPlacement::res_post;
    spec.layer_scale = false;  // timm's blocks of this kind leave init_values out
  }
}

std::string timm_scheme(const std::string& architecture, const Json& model_args) {
  auto fields = find_timm_architecture(architecture);
  if (!fields) return "timm";
  spread_class_arguments(*fields);
  if (fields->at("beit").get<bool>()) return "beit";
  if (!fields->at("eva").get<bool>()) return "timm";
  fields->update(model_args);
  if (fields->at("attn_type") == Json("rope")) return "deit3";  // q, k and v with one bias
  return fields->at("qkv_fused") == Json(false) ? "timm_eva_split" : "timm_eva";
}

}  // namespace vitgen
