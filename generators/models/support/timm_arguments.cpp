#include "generators/models/support/timm_arguments.h"

#include <fmt/format.h>

#include <array>
#include <map>

#include "generators/base/error.h"
#include "generators/models/support/config_read.h"

namespace vitgen {

Json object_at(const JsonFile& file, std::string_view key) {
  const Json* value = find_json(file, key);
  if (!value || value->is_null()) return Json::object();
  if (!value->is_object()) json_error(file, key, "CFG_FIELD", "expected an object");
  return *value;
}

namespace {

/// Arguments that need no kernel of their own at their default, and would at another value.
struct Unsupported {
  std::string_view argument;
  std::string_view allowed;  ///< the default, as JSON text
};
constexpr std::array<Unsupported, 16> unsupported_arguments = {
    {{"qk_norm", "false"},
     {"attn_layer", "null"},
     {"block_fn", "null"},
     {"mlp_layer", "null"},
     {"embed_layer", "null"},
     {"embed_norm_layer", "\"layernorm\""},
     {"norm_layer", "null"},
     {"use_naflex", "null"},
     {"in_features", "null"},
     {"num_kv_heads", "null"},
     {"attn_only_layer_scale", "false"},
     {"rope_grid_offset", "0.0"},
     {"attn_pool_num_heads", "null"},
     {"attn_pool_mlp_ratio", "null"},
     {"use_post_transformer_norm", "null"},
     {"pos_embed", "\"learn\""}}};

void check_arguments(const JsonFile& config, const Json& arguments) {
  for (const Unsupported& row : unsupported_arguments) {
    const auto value = arguments.find(std::string(row.argument));
    if (value == arguments.end() || value->is_null() || value->dump() == row.allowed ||
        value->dump() == "false") {
      continue;
    }
    json_error(config, fmt::format("model_args.{}", row.argument), "CFG_UNSUPPORTED",
               fmt::format("{} is not supported", printable(value->dump())),
               "plain VisionTransformer blocks are; see docs/models.md");
  }
}

/// The image's size and channels, if timm would take them from the checkpoint's input size.
void overlay_input(const Json& pretrained, Json& fields) {
  const auto input = pretrained.find("input_size");
  if (input == pretrained.end() || !input->is_array() || input->size() != 3) return;
  fields["in_chans"] = (*input)[0];
  const Json& own = fields.at("pretrained_cfg");
  const Json fixed =
      pretrained.value("fixed_input_size", own.value("fixed_input_size", Json(true)));
  const bool changed = own.value("input_size", Json()) != *input;
  if (fixed == Json(true) && changed) fields["img_size"] = Json::array({(*input)[1], (*input)[2]});
}

/// What the fields call an argument.
std::string field_of(const std::string& argument) {
  static const std::map<std::string_view, std::string> others = {
      {"act_layer", "act"},
      {"num_reg_tokens", "reg_tokens"},
      {"use_fc_norm", "fc_norm"},
      {"use_pre_transformer_norm", "pre_norm"}};
  const auto found = others.find(argument);
  return found == others.end() ? argument : found->second;
}

void overlay_arguments(const Json& arguments, Json& fields) {
  for (const auto& [key, value] : arguments.items()) {
    if (key == "init_values") {
      fields["layer_scale"] = !value.is_null() && value != 0;  // timm asks for its truth
    } else if (!value.is_null()) {
      fields[field_of(key)] = value;
    }
  }
}

/// Whether the place of the last norm is told, by the architecture or the arguments.
bool places_last_norm(const Json& arguments, const Json& fields) {
  const auto given = [&](const char* key) {
    return arguments.contains(key) && !arguments.at(key).is_null();
  };
  return given("fc_norm") || given("use_fc_norm") || !fields.value("fc_norm_by_pool", true);
}

}  // namespace

Json overlaid(const JsonFile& config, const Json& pretrained, Json fields) {
  const Json usual_pool = fields.at("global_pool");
  const Json arguments = object_at(config, "model_args");
  check_arguments(config, arguments);
  overlay_input(pretrained, fields);
  for (const char* key : {"num_classes", "global_pool"}) {
    if (pretrained.contains(key) && !pretrained.at(key).is_null()) fields[key] = pretrained.at(key);
    if (has_value(config, key)) fields[key] = *find_json(config, key);
  }
  overlay_arguments(arguments, fields);
  // timm puts the last norm after an average unless told otherwise.
  if (fields.at("global_pool") != usual_pool && !places_last_norm(arguments, fields)) {
    fields["fc_norm"] = fields.at("global_pool") == Json("avg");
  }
  return fields;
}

TimmFields timm_fields(const JsonFile& config, const Json& architecture) {
  // Old files hold the fields of pretrained_cfg at their top level.
  const Json pretrained =
      find_json(config, "pretrained_cfg") ? object_at(config, "pretrained_cfg") : config.root;
  Json usual = architecture.at("pretrained_cfg");
  for (const auto& item : pretrained.items()) {
    if (!item.value().is_null()) usual[item.key()] = item.value();
  }
  return {{config.name, overlaid(config, pretrained, architecture), config.codes},
          {config.name + ": pretrained_cfg", std::move(usual), config.codes}};
}

void read_timm_labels(const JsonFile& config, const JsonFile& pretrained, std::int64_t classes,
                      ModelFacts& model) {
  std::vector<std::string> labels = read_labels(config, "label_names");
  if (labels.empty()) labels = read_labels(config, "labels");
  if (labels.empty()) labels = read_labels(pretrained, "label_names");
  if (!labels.empty() && static_cast<std::int64_t>(labels.size()) != classes) {
    model.notices.push_back(fmt::format("{}: {} labels for {} classes are left out", config.name,
                                        labels.size(), classes));
    return;
  }
  const JsonFile& owner = has_value(config, "label_descriptions") ? config : pretrained;
  const Json* descriptions = find_json(owner, "label_descriptions");
  const bool described = descriptions && descriptions->is_object();
  for (std::string& label : labels) {
    const auto found = described ? descriptions->find(label) : Json::const_iterator();
    if (described && found != descriptions->end() && found->is_string()) {
      label = found->get<std::string>();
    }
  }
  model.labels = std::move(labels);
}

void note_unknown_timm_keys(const JsonFile& config, std::vector<std::string>& notices) {
  if (!has_value(config, "pretrained_cfg")) return;  // an old file: all keys at the top
  note_unknown_keys(config,
                    {"architecture", "num_classes", "num_features", "global_pool", "label_names",
                     "label_descriptions", "labels", "model_args", "pretrained_cfg"},
                    notices);
}

void note_unknown_arguments(const JsonFile& config, std::vector<std::string>& notices) {
  const JsonFile arguments{config.name + ": model_args", object_at(config, "model_args"), {}};
  note_unknown_keys(arguments,
                    {"img_size",
                     "patch_size",
                     "in_chans",
                     "num_classes",
                     "global_pool",
                     "embed_dim",
                     "depth",
                     "num_heads",
                     "mlp_ratio",
                     "qkv_bias",
                     "qk_norm",
                     "scale_attn_norm",
                     "scale_mlp_norm",
                     "proj_bias",
                     "init_values",
                     "class_token",
                     "pos_embed",
                     "no_embed_class",
                     "reg_tokens",
                     "pre_norm",
                     "final_norm",
                     "fc_norm",
                     "pool_include_prefix",
                     "dynamic_img_size",
                     "dynamic_img_pad",
                     "drop_rate",
                     "pos_drop_rate",
                     "patch_drop_rate",
                     "proj_drop_rate",
                     "attn_drop_rate",
                     "drop_path_rate",
                     "weight_init",
                     "fix_init",
                     "embed_layer",
                     "embed_norm_layer",
                     "norm_layer",
                     "act_layer",
                     "head_init_scale",
                     "scale_mlp",
                     "swiglu_mlp",
                     "use_abs_pos_emb",
                     "use_fc_norm",
                     "use_rel_pos_bias",
                     "use_shared_rel_pos_bias",
                     "block_fn",
                     "mlp_layer",
                     "attn_layer",
                     "strict_img_size",
                     "attn_type",
                     "num_reg_tokens",
                     "qkv_fused",
                     "ref_feat_shape",
                     "rope_grid_indexing",
                     "rope_grid_offset",
                     "rope_rotate_half",
                     "rope_temperature",
                     "rope_type",
                     "scale_attn_inner",
                     "swiglu_align_to",
                     "use_post_norm",
                     "use_pre_transformer_norm",
                     "use_rot_pos_emb",
                     "use_naflex"},
                    notices);
}

}  // namespace vitgen
