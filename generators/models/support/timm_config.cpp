#include "generators/models/support/timm_config.h"

#include <fmt/format.h>

#include "generators/base/error.h"
#include "generators/base/suggest.h"
#include "generators/models/support/config_read.h"
#include "generators/models/support/timm_architectures.h"
#include "generators/models/support/timm_arguments.h"
#include "generators/models/support/timm_beit.h"
#include "generators/models/support/timm_eva.h"

namespace vitgen {

namespace {

/// The fields of `architecture` as they are in timm_architectures.json; unknown: CFG_UNSUPPORTED.
Json architecture_fields(const std::string& architecture) {
  auto fields = find_timm_architecture(architecture);
  if (!fields) {
    std::string hint = suggestion_hint(architecture, std::span(timm_architectures()));
    if (hint.empty()) {
      hint = fmt::format(
          "the {} architectures that are known are VisionTransformer and Eva models of timm, "
          "such as vit_base_patch16_224 and deit_tiny_patch16_224",
          timm_architectures().size());
    }
    throw Error(ExitCode::bad_input, "CFG_UNSUPPORTED",
                fmt::format("no architecture is called '{}'", printable(architecture)), hint);
  }
  return *fields;
}

/// Features of an architecture that VitSpec can express although the table counts them apart.
bool take_feature(Json& features, std::string_view name) {
  for (auto it = features.begin(); it != features.end(); ++it) {
    if (it->get<std::string>() == name) {
      features.erase(it);
      return true;
    }
  }
  return false;
}

void check_features(const std::string& architecture, const Json& features) {
  if (features.empty()) return;
  std::string list;
  for (const Json& feature : features) {
    list += (list.empty() ? "" : ", ") + feature.get<std::string>();
  }
  throw Error(ExitCode::bad_input, "CFG_UNSUPPORTED",
              fmt::format("{} needs what vitgen does not generate: {}", architecture, list),
              "docs/models.md says what is supported");
}

void read_tokens(const JsonFile& file, VitSpec& spec) {
  spec.cls = get_bool(file, "class_token");
  spec.dist = get_bool_or(file, "distilled", false);
  spec.registers = get_int_or(file, "reg_tokens", 0, 0, any_extent);
  spec.position_prefix = get_bool(file, "no_embed_class") ? 0 : spec.prefix();
  spec.grid_h = spec.image_h / spec.patch_h;
  spec.grid_w = spec.image_w / spec.patch_w;
  spec.resample = tensors::Resample::torch_bicubic_aa;
  spec.norm_pre = get_bool(file, "pre_norm");
  spec.patch_bias = !spec.norm_pre;
  spec.patch_norm = get_string_or(file, "embed_norm_layer", "") == "layernorm";
}

/// Of timm's LayerNorm where no architecture says another.
constexpr float timm_eps = 1e-6f;

void read_blocks(const JsonFile& file, VitSpec& spec) {
  spec.width = read_extent(file, "embed_dim");
  spec.depth = read_extent(file, "depth");
  spec.heads = read_extent(file, "num_heads");
  spec.head_size = spec.width / spec.heads;
  const double ratio = get_number(file, "mlp_ratio", 1e-3, 1e6);
  spec.mlp = static_cast<std::int64_t>(static_cast<double>(spec.width) * ratio);
  // timm's GluMlp counts the gate in.
  if (get_bool_or(file, "glu_mlp", false)) {
    spec.gate = GateWeights::joined;
    spec.mlp /= 2;
  }
  spec.attn_norm = get_bool_or(file, "scale_attn_norm", false);
  spec.mlp_norm = get_bool_or(file, "scale_mlp_norm", false);
  spec.activation = read_activation(file, "act", "gelu");
  spec.eps = static_cast<float>(get_number(file, "norm_eps"));
  if (spec.patch_norm && spec.eps != timm_eps) {
    json_error(file, "embed_norm_layer", "CFG_UNSUPPORTED",
               fmt::format("the norm of the patches has eps {}, the others {}", timm_eps, spec.eps),
               "all norms of a model have one eps here");
  }
  spec.q_bias = spec.k_bias = spec.v_bias = get_bool(file, "qkv_bias");
  // timm 1.0 hands proj_bias to the MLP of a block, too.
  spec.proj_bias = spec.mlp_bias = get_bool_or(file, "proj_bias", true);
  spec.layer_scale = get_bool(file, "layer_scale");
  if (get_bool_or(file, "res_post", false)) {
    spec.norm_placement = NormPlacement::res_post;
    spec.layer_scale = false;  // init_values are those of the norms' gains here
  }
}

void read_head(const JsonFile& file, VitSpec& spec) {
  const std::string pool = get_string(file, "global_pool");
  spec.attention_pool = pool == "map";
  if (pool != "token" && pool != "avg" && !spec.attention_pool) {
    json_error(file, "global_pool", "CFG_UNSUPPORTED",
               fmt::format("the pooling '{}' is not supported", printable(pool)),
               "supported: token, avg, map");
  }
  spec.pooling = pool != "token" ? Pooling::mean : Pooling::token;
  if (spec.dist && pool == "token") spec.pooling = Pooling::two_tokens;
  spec.mean_of_all = get_bool_or(file, "pool_include_prefix", false);
  spec.final_norm = get_bool(file, "fc_norm") ? FinalNorm::after_pool : FinalNorm::before_pool;
  if (!get_bool(file, "final_norm")) spec.final_norm = FinalNorm::none;
  spec.classes = get_int(file, "num_classes", 0, any_extent);
  spec.two_heads = spec.dist && spec.classes > 0;
}

VitSpec read_spec(const JsonFile& file) {
  check_probabilities(file, {"drop_rate", "pos_drop_rate", "patch_drop_rate", "proj_drop_rate",
                             "attn_drop_rate", "drop_path_rate"});
  VitSpec spec;
  spec.channels = read_extent(file, "in_chans");
  const Size image = read_size(file, "img_size");
  const Size patch = read_size(file, "patch_size");
  spec.image_h = image.h;
  spec.image_w = image.w;
  spec.patch_h = patch.h;
  spec.patch_w = patch.w;
  read_tokens(file, spec);
  read_blocks(file, spec);
  read_head(file, spec);
  if (get_bool(file, "eva")) read_eva(file, spec);
  if (get_bool(file, "beit")) read_beit(file, spec);
  return spec;
}

VitModel build(const JsonFile& config, const std::string& architecture) {
  Json fields = architecture_fields(architecture);
  spread_class_arguments(fields);
  Json features = fields.at("unsupported");
  if (take_feature(features, "no_proj_bias")) fields["proj_bias"] = false;
  if (take_feature(features, "Block=ResPostBlock")) fields["res_post"] = true;
  if (take_feature(features, "Mlp=GluMlp")) fields["glu_mlp"] = true;
  if (take_feature(features, "scale_attn_norm")) fields["scale_attn_norm"] = true;
  if (take_feature(features, "scale_mlp_norm")) fields["scale_mlp_norm"] = true;
  if (take_feature(features, "pool_include_prefix")) fields["pool_include_prefix"] = true;
  take_feature(features, "global_pool=map");
  check_features(architecture, features);

  const auto [merged, preprocess] = timm_fields(config, fields);
  VitModel model;
  model.architecture = architecture;
  model.spec = read_spec(merged);
  model.preprocess =
      timm_preprocess(preprocess, model.spec.channels, model.spec.image_h, model.spec.image_w);
  set_normalisation(model.spec, *model.preprocess);
  read_timm_labels(config, preprocess, model.spec.classes, model);
  return model;
}

}  // namespace

bool is_timm_config(const JsonFile& config) { return has_value(config, "architecture"); }

VitModel read_timm_config(const JsonFile& config) {
  VitModel model = build(config, get_string(config, "architecture", 128));
  model.origin = config.name;
  note_unknown_arguments(config, model.notices);
  note_unknown_timm_keys(config, model.notices);
  return model;
}

VitModel timm_model(const std::string& architecture) {
  VitModel model = build({architecture, Json::object(), {}}, architecture);
  model.origin = architecture;
  return model;
}

}  // namespace vitgen
