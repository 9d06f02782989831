#include "generators/models/support/hf_config.h"

#include <fmt/format.h>

#include "generators/base/error.h"
#include "generators/models/support/config_read.h"
#include "generators/models/support/hf_beit.h"
#include "generators/models/support/hf_keys.h"
#include "generators/models/support/timm_arguments.h"

namespace vitgen {

namespace {

/// What the model types differ in.
struct ModelType {
  std::string_view name;
  std::string_view prefix;
  std::string_view scheme;
  double eps = 1e-12;                    ///< transformers' default
  std::string_view activation = "gelu";  ///< likewise
  bool dist = false;
  std::int64_t registers = -1;  ///< transformers' default; -1: has none
  bool dino = false;            ///< LayerScale, mlp_ratio, positions resampled to any image
  /// DINOv3: LayerScale, rotary positions of any image, a key for each bias.
  bool rotary = false;
  /// A tower: a norm before the blocks, the last one on the pooled token, and a projection in place
  /// of a classifier.
  bool clip = false;
  /// A tower without [CLS] that pools by attention.
  bool siglip = false;
  bool beit = false;  ///< relative positions, no bias of k, LayerScale, a mean with its norm
  tensors::Resample resample = tensors::Resample::torch_bicubic;
  bool pooler = false;           ///< transformers' bare model has one
  bool fixed_positions = false;  ///< sines and cosines, if the file has no table
};

constexpr ModelType types[] = {
    {.name = "vit", .prefix = "vit.", .scheme = "hf", .pooler = true},
    {.name = "vit_mae", .prefix = "vit.", .scheme = "hf", .fixed_positions = true},
    {.name = "deit", .prefix = "deit.", .scheme = "hf", .dist = true, .pooler = true},
    {.name = "dinov2", .prefix = "dinov2.", .scheme = "hf_dinov2", .eps = 1e-6, .dino = true},
    {.name = "dinov2_with_registers",
     .prefix = "dinov2_with_registers.",
     .scheme = "hf_dinov2",
     .eps = 1e-6,
     .registers = 4,
     .dino = true,
     .resample = tensors::Resample::torch_bicubic_aa},
    {.name = "dinov3_vit",
     .prefix = "",
     .scheme = "hf_dinov3",
     .eps = 1e-5,
     .registers = 0,
     .rotary = true},
    {.name = "clip_vision_model",
     .prefix = "vision_model.",
     .scheme = "hf_clip",
     .eps = 1e-5,
     .activation = "quick_gelu",
     .clip = true},
    {.name = "siglip_vision_model",
     .prefix = "vision_model.",
     .scheme = "hf_clip",
     .eps = 1e-6,
     .activation = "gelu_pytorch_tanh",
     .siglip = true},
    {.name = "beit", .prefix = "beit.", .scheme = "hf_beit", .beit = true},
};

/// A config that holds the one of a vision tower.
struct TowerPair {
  std::string_view name;
  const char* tower;
};
constexpr TowerPair pairs[] = {{"clip", "clip_vision_model"}, {"siglip", "siglip_vision_model"}};

/// SigLIP's published configs leave out what transformers has as its default: base's sizes.
void add_siglip_defaults(Json& config) {
  const Json usual = {{"hidden_size", 768},        {"num_hidden_layers", 12},
                      {"num_attention_heads", 12}, {"intermediate_size", 3072},
                      {"image_size", 224},         {"patch_size", 16}};
  for (const auto& [key, value] : usual.items()) {
    if (!config.contains(key)) config[key] = value;
  }
}

/// The config of the vision tower, where it is a part of another.
JsonFile tower_of(const JsonFile& config) {
  if (!has_value(config, "model_type")) return config;
  JsonFile tower = config;
  const std::string name = get_string(config, "model_type", 128);
  for (const TowerPair& pair : pairs) {
    if (name != pair.name) continue;
    tower = {config.name + ": vision_config", object_at(config, "vision_config"), config.codes};
    tower.root["model_type"] = pair.tower;
    for (const char* key : {"architectures", "projection_dim", "id2label", "num_labels"}) {
      if (const Json* value = find_json(config, key)) tower.root[key] = *value;
    }
  }
  if (get_string(tower, "model_type", 128) == "siglip_vision_model") {
    add_siglip_defaults(tower.root);
  }
  return tower;
}

const ModelType* find_type(const JsonFile& config) {
  if (!has_value(config, "model_type")) return nullptr;
  const std::string name = get_string(config, "model_type", 128);
  for (const ModelType& type : types) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

std::string architecture_of(const JsonFile& config) {
  if (!has_value(config, "architectures")) return {};
  const std::vector<std::string> names = get_string_array(config, "architectures", 16, 128);
  return names.empty() ? std::string() : names[0];
}

void read_image(const JsonFile& config, VitSpec& spec) {
  const Size image = read_size(config, "image_size");
  const Size patch = read_size(config, "patch_size");
  spec.channels = read_extent_or(config, "num_channels", 3);
  spec.image_h = image.h;
  spec.image_w = image.w;
  spec.patch_h = patch.h;
  spec.patch_w = patch.w;
  spec.grid_h = image.h / patch.h;
  spec.grid_w = image.w / patch.w;
}

/// DINOv2 giant's MLP, whose activation is no key's: two thirds of the channels of a plain one, in
/// whole eights. transformers divides by 3 in floating point and rounds down, as here.
void read_swiglu(VitSpec& spec) {
  spec.gate = spec.names.gate_up.empty() ? GateWeights::split : GateWeights::joined;
  spec.activation = Activation::silu;
  const auto narrowed = static_cast<std::int64_t>(static_cast<double>(spec.mlp) * 2 / 3);
  spec.mlp = (narrowed + 7) / 8 * 8;
}

void read_dinov3(const JsonFile& config, VitSpec& spec) {
  spec.q_bias = get_bool_or(config, "query_bias", true);
  spec.k_bias = get_bool_or(config, "key_bias", false);
  spec.v_bias = get_bool_or(config, "value_bias", true);
  spec.proj_bias = get_bool_or(config, "proj_bias", true);
  spec.mlp_bias = get_bool_or(config, "mlp_bias", true);
  if (get_bool_or(config, "use_gated_mlp", false)) spec.gate = GateWeights::split;
  spec.positions = Positions::none;
  spec.rotary = Rotary2d::halves;
  spec.rotary_places = RotaryPlaces::centred;
  spec.rotary_theta = static_cast<float>(get_number_or(config, "rope_theta", 100));
}

void read_blocks(const JsonFile& config, const ModelType& type, VitSpec& spec) {
  spec.width = read_extent(config, "hidden_size");
  spec.depth = read_extent(config, "num_hidden_layers");
  spec.heads = read_extent(config, "num_attention_heads");
  spec.head_size = read_extent_or(config, "head_dim", spec.width / spec.heads);
  if (type.dino) {
    const double ratio = get_number_or(config, "mlp_ratio", 4, 1e-3, 1e6);
    spec.mlp = static_cast<std::int64_t>(static_cast<double>(spec.width) * ratio);
  } else {
    spec.mlp = read_extent(config, "intermediate_size");
  }
  spec.activation = read_activation(config, "hidden_act", type.activation);
  spec.eps = static_cast<float>(get_number_or(config, "layer_norm_eps", type.eps));
  spec.q_bias = spec.k_bias = spec.v_bias = get_bool_or(config, "qkv_bias", true);
  spec.layer_scale = type.dino || type.rotary;
  if (type.rotary) read_dinov3(config, spec);
  if (type.clip) spec.patch_bias = false;
  if (type.beit) read_beit_blocks(config, spec);
  if (type.dino && get_bool_or(config, "use_swiglu_ffn", false)) read_swiglu(spec);
}

void read_tokens(const JsonFile& config, const ModelType& type, const WeightSource* weights,
                 VitSpec& spec) {
  spec.cls = !type.siglip;
  spec.dist = type.dist;
  spec.registers = type.registers < 0
                       ? 0
                       : get_int_or(config, "num_register_tokens", type.registers, 0, any_extent);
  // Registers are inserted after the positions have been added, and have none of their own.
  spec.position_prefix = type.siglip || type.rotary ? 0 : type.dist ? 2 : 1;
  spec.norm_pre = type.clip;
  spec.resample = type.resample;
  const bool in_file = !weights || weights->has(spec.names.position);
  if (type.fixed_positions && !in_file) spec.positions = Positions::sincos_2d;
}

std::int64_t class_count(const JsonFile& config, const std::vector<std::string>& labels) {
  if (!labels.empty()) return static_cast<std::int64_t>(labels.size());
  return get_int_or(config, "num_labels", 2, 1, any_extent);  // transformers' default is 2
}

bool has(const WeightSource* weights, std::string_view pattern) {
  return weights && !pattern.empty() && weights->has(tensor_name(pattern, "weight"));
}

/// The mean for a classifier of the tower, else what its query attends to, or the mean.
void read_siglip_head(const JsonFile& config, const WeightSource* weights,
                      const std::string& wrapper, VitModel& model) {
  VitSpec& spec = model.spec;
  spec.names.head = wrapper + "classifier.*";
  spec.pooling = Pooling::mean;
  spec.classes = 0;
  const bool named = model.architecture.ends_with("ForImageClassification");
  if (weights ? has(weights, spec.names.head) : named) {
    model.labels = read_labels(config, "id2label");
    spec.classes = class_count(config, model.labels);
    return;
  }
  const std::string& probe = spec.names.attention_pool.probe;
  spec.attention_pool =
      weights ? weights->has(probe) : get_bool_or(config, "vision_use_head", true);
}

/// DeiT with a teacher calls the first of its two heads otherwise.
constexpr std::string_view teacher_head = "cls_classifier.*";

void read_head(const JsonFile& config, const ModelType& type, const WeightSource* weights,
               const std::string& wrapper, VitModel& model) {
  VitSpec& spec = model.spec;
  const std::string& architecture = model.architecture;
  const bool classifies = architecture.find("ForImageClassification") != std::string::npos;
  const std::string teacher = wrapper + std::string(teacher_head);
  const bool two_heads =
      type.dist && (architecture.ends_with("WithTeacher") || has(weights, teacher));
  if (two_heads) spec.names.head = teacher;
  spec.pooling = Pooling::token;
  if (type.siglip) return read_siglip_head(config, weights, wrapper, model);
  if (type.clip) {
    spec.final_norm = FinalNorm::after_pool;
    const bool projects =
        has(weights, spec.names.head) || (!weights && !architecture.ends_with("CLIPVisionModel"));
    spec.classes = projects ? read_extent(config, "projection_dim") : 0;
    spec.head_bias = false;
    return;
  }
  if (type.beit) read_beit_pooling(config, weights, model);
  if (classifies || two_heads || has(weights, spec.names.head)) {
    model.labels = read_labels(config, "id2label");
    spec.classes = class_count(config, model.labels);
    spec.two_heads = two_heads;
    if (two_heads) spec.pooling = Pooling::two_tokens;
    if (type.dino) spec.pooling = Pooling::token_and_mean;
    return;
  }
  spec.classes = 0;
  const bool decodes =
      weights ? has(weights, spec.names.decoder) : architecture.ends_with("ForMaskedImageModeling");
  if (decodes) spec.decoder_stride = read_extent_or(config, "encoder_stride", 16);
  spec.pooler = weights ? has(weights, spec.names.pooler) : type.pooler && !decodes;
  if (!spec.pooler) return;
  spec.pooler_size = read_extent_or(config, "pooler_output_size", spec.width);
  if (get_string_or(config, "pooler_act", "tanh") != "tanh") {
    json_error(config, "pooler_act", "CFG_UNSUPPORTED", "only tanh is supported");
  }
}

/// transformers brings DINOv2's and DINOv3's positions to whatever its image processor gives.
void follow_preprocessor(const ModelType& type, VitModel& model) {
  VitSpec& spec = model.spec;
  const Preprocess& recipe = *model.preprocess;
  if (recipe.crop_h == spec.image_h && recipe.crop_w == spec.image_w) return;
  const bool fits = recipe.crop_h % spec.patch_h == 0 && recipe.crop_w % spec.patch_w == 0;
  const std::string sizes = fmt::format("the image processor gives {}x{}, the config says {}x{}",
                                        recipe.crop_h, recipe.crop_w, spec.image_h, spec.image_w);
  if ((type.dino || type.rotary) && fits) {
    spec.image_h = recipe.crop_h;
    spec.image_w = recipe.crop_w;
    model.notices.push_back(sizes + ": the first is used, as transformers does");
  } else {
    model.preprocess = resized(recipe, spec.image_h, spec.image_w);
    model.notices.push_back(sizes + ": the second is used");
  }
}

}  // namespace

bool is_hf_config(const JsonFile& config) { return find_type(tower_of(config)) != nullptr; }

std::string hf_model_types() {
  std::vector<std::string_view> names;
  for (const ModelType& type : types) names.push_back(type.name);
  for (const TowerPair& pair : pairs) names.push_back(pair.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

FileNaming hf_naming(const JsonFile& file) {
  const JsonFile config = tower_of(file);
  const ModelType& type = *find_type(config);
  const bool bare = architecture_of(config).ends_with("Model");
  const std::string_view prefix = bare ? "" : type.prefix;
  return {std::string(type.scheme), std::string(prefix), "",
          with_prefixes(scheme_named(type.scheme).names, "", prefix)};
}

VitModel read_hf_config(const JsonFile& file, const std::optional<JsonFile>& preprocessor,
                        const FileNaming& naming, const WeightSource* weights) {
  const JsonFile config = tower_of(file);
  const ModelType& type = *find_type(config);
  check_probabilities(config, {"hidden_dropout_prob", "attention_probs_dropout_prob",
                               "attention_dropout", "drop_path_rate"});
  VitModel model;
  model.architecture = architecture_of(config);
  model.origin = config.name;
  model.spec.names = naming.names;
  read_image(config, model.spec);
  read_tokens(config, type, weights, model.spec);
  read_blocks(config, type, model.spec);
  read_head(config, type, weights, naming.wrapper, model);
  const JsonFile nothing{"preprocessor_config.json", Json::object(), {}};
  model.preprocess =
      hf_preprocess(preprocessor ? *preprocessor : nothing, type.name, model.spec.channels);
  if (preprocessor) {
    follow_preprocessor(type, model);
  } else {
    model.preprocess = resized(*model.preprocess, model.spec.image_h, model.spec.image_w);
    model.notices.emplace_back(
        "no preprocessor_config.json: the image processor's defaults are used");
  }
  set_normalisation(model.spec, *model.preprocess);
  // A part of another config holds what every config of transformers could have.
  const bool own_file = get_string(file, "model_type", 128) == type.name;
  if (own_file) note_unknown_keys(config, hf_keys(), model.notices);
  return model;
}

}  // namespace vitgen
