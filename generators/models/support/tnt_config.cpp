#include "generators/models/support/tnt_config.h"

#include <fmt/format.h>

#include "generators/base/error.h"
#include "generators/base/suggest.h"
#include "generators/models/support/config_read.h"
#include "generators/models/support/infer.h"
#include "generators/models/support/timm_architectures.h"
#include "generators/models/support/timm_arguments.h"

namespace vitgen {

namespace {

Json architecture_fields(const std::string& architecture) {
  const auto fields = find_tnt_architecture(architecture);
  if (fields) return *fields;
  const std::vector<std::string> known = tnt_architectures();
  throw Error(ExitCode::bad_input, "CFG_UNSUPPORTED",
              fmt::format("no architecture is called '{}'", printable(architecture)),
              suggestion_hint(architecture, std::span(known)));
}

TntStart read_start(const JsonFile& config) {
  const std::string word = get_string_or(config, "start", "projected", 128);
  for (const TntStart start : {TntStart::projected, TntStart::zeros}) {
    if (word == enum_text(start)) return start;
  }
  json_error(config, "start", "CFG_FIELD",
             fmt::format("expected projected or zeros, got '{}'", printable(word)));
}

Pooling read_pooling(const JsonFile& file) {
  const std::string pool = get_string(file, "global_pool", 128);
  if (pool == "token") return Pooling::token;
  if (pool == "avg") return Pooling::mean;
  json_error(file, "global_pool", "CFG_UNSUPPORTED",
             fmt::format("the pooling '{}' is not supported", printable(pool)),
             "supported: token, avg");
}

void read_sizes(const JsonFile& file, TntSpec& spec) {
  spec.channels = read_extent(file, "in_chans");
  const Size image = read_size(file, "img_size");
  const Size patch = read_size(file, "patch_size");
  spec.image_h = image.h;
  spec.image_w = image.w;
  spec.patch_h = patch.h;
  spec.patch_w = patch.w;
  spec.grid_h = image.h / patch.h;
  spec.grid_w = image.w / patch.w;
  spec.width = read_extent(file, "embed_dim");
  spec.depth = read_extent(file, "depth");
  spec.heads = read_extent(file, "num_heads_outer");
  const double ratio = get_number(file, "mlp_ratio", 1e-3, 1e6);
  spec.mlp = static_cast<std::int64_t>(static_cast<double>(spec.width) * ratio);
  spec.inner_width = read_extent(file, "inner_dim");
  spec.inner_heads = read_extent(file, "num_heads_inner");
  spec.inner_mlp = 4 * spec.inner_width;  // whatever mlp_ratio says
  spec.pixel_stride = read_extent(file, "first_stride");
}

TntSpec read_spec(const JsonFile& file) {
  check_probabilities(
      file, {"drop_rate", "pos_drop_rate", "proj_drop_rate", "attn_drop_rate", "drop_path_rate"});
  TntSpec spec;
  read_sizes(file, spec);
  spec.eps = static_cast<float>(get_number(file, "norm_eps"));
  spec.qkv_bias = get_bool(file, "qkv_bias");
  if (get_bool(file, "legacy")) {
    spec.pixel_edge = PixelEdge::neighbours;
    spec.merge = PixelMerge::norm_per_pixel;
  }
  spec.pooling = read_pooling(file);
  spec.classes = get_int(file, "num_classes", 0, any_extent);
  return spec;
}

TntModel build(const JsonFile& config, const std::string& architecture) {
  const auto [merged, preprocess] = timm_fields(config, architecture_fields(architecture));
  TntModel model;
  model.architecture = architecture;
  model.spec = read_spec(merged);
  model.spec.start = read_start(config);
  model.preprocess =
      timm_preprocess(preprocess, model.spec.channels, model.spec.image_h, model.spec.image_w);
  set_normalisation(model.spec, *model.preprocess);
  read_timm_labels(config, preprocess, model.spec.classes, model);
  return model;
}

void note_unknown(const JsonFile& config, std::vector<std::string>& notices) {
  const JsonFile arguments{config.name + ": model_args", object_at(config, "model_args"), {}};
  note_unknown_keys(
      arguments,
      {"img_size",       "patch_size",     "in_chans",   "num_classes",     "global_pool",
       "embed_dim",      "inner_dim",      "depth",      "num_heads_inner", "num_heads_outer",
       "mlp_ratio",      "qkv_bias",       "drop_rate",  "pos_drop_rate",   "proj_drop_rate",
       "attn_drop_rate", "drop_path_rate", "norm_layer", "first_stride",    "legacy"},
      notices);
  JsonFile rest = config;
  rest.root.erase("start");
  note_unknown_timm_keys(rest, notices);
}

/// Sides of the grid whose points are the rows of a table.
std::int64_t grid_side(const std::string& name, std::int64_t rows) {
  const std::int64_t side = square_root(rows);
  if (side > 0) return side;
  throw Error(ExitCode::bad_input, "CFG_FIELD",
              fmt::format("{}: {} rows are no square grid", printable(name), rows),
              "give the model's config with --config");
}

void infer_pixels(const WeightSource& weights, const TntNaming& naming, TntSpec& spec) {
  const Shape& conv = shown_shape(weights, tensor_name(naming.names.pixel, "weight"), 4);
  spec.inner_width = conv[0];
  spec.channels = conv[1];
  const std::string& name = naming.names.pixel_position;
  const bool rows = naming.pixel_position_order == PatchOrder::hwc;
  const Shape& table = shown_shape(weights, name, rows ? 3 : 4);
  spec.patch_h = spec.pixel_stride * (rows ? grid_side(name, table[1]) : table[2]);
  spec.patch_w = spec.pixel_stride * (rows ? grid_side(name, table[1]) : table[3]);
  const std::string& position = naming.names.position;
  const Shape& patches = shown_shape(weights, position, 3);
  spec.width = patches[2];
  spec.grid_h = spec.grid_w = grid_side(position, patches[1] - 1);
  spec.image_h = spec.grid_h * spec.patch_h;
  spec.image_w = spec.grid_w * spec.patch_w;
}

void infer_blocks(const WeightSource& weights, const TntNames& names, TntSpec& spec) {
  const auto has = [&](const std::string& pattern, std::string_view part) {
    return weights.has(tensor_name(pattern, part));
  };
  const auto outputs = [&](const std::string& pattern) {
    return shown_shape(weights, tensor_name(pattern, "weight"), 2)[0];
  };
  spec.depth = count_blocks(weights, names.outer.norm1);
  spec.mlp = outputs(names.outer.fc1);
  spec.inner_mlp = outputs(names.inner.fc1);
  spec.qkv_bias = has(names.outer.qk, "bias");
  if (!has(names.merge.norm2, "weight")) {
    spec.pixel_edge = PixelEdge::neighbours;
    spec.merge = PixelMerge::norm_per_pixel;
  }
  spec.start = has(names.start.proj, "weight") ? TntStart::projected : TntStart::zeros;
  spec.classes = has(names.head, "weight") ? outputs(names.head) : 0;
}

void infer_heads(TntSpec& spec, const Fields& overrides) {
  spec.heads = assumed_heads(spec.width, overrides);
  const std::string* inner = overrides.find("inner_heads");
  spec.inner_heads = inner ? parse_int(*inner, "inner_heads") : 4;
}

}  // namespace

bool is_tnt_architecture(std::string_view name) { return name.starts_with("tnt_"); }

bool is_tnt_config(const JsonFile& config) {
  return has_value(config, "architecture") &&
         is_tnt_architecture(get_string(config, "architecture", 128));
}

TntModel read_tnt_config(const JsonFile& config) {
  TntModel model = build(config, get_string(config, "architecture", 128));
  model.origin = config.name;
  note_unknown(config, model.notices);
  return model;
}

TntModel tnt_model(const std::string& architecture) {
  TntModel model = build({architecture, Json::object(), {}}, architecture);
  model.origin = architecture;
  return model;
}

TntModel infer_tnt(const WeightSource& weights, const TntNaming& naming, const Fields& overrides) {
  TntModel model;
  TntSpec& spec = model.spec;
  infer_pixels(weights, naming, spec);
  infer_blocks(weights, naming.names, spec);
  infer_heads(spec, overrides);
  model.origin = "the shapes of the tensors";
  const Json fields = architecture_fields("tnt_s_patch16_224");
  const JsonFile usual{"defaults", fields.at("pretrained_cfg"), {}};
  model.preprocess = timm_preprocess(usual, spec.channels, spec.image_h, spec.image_w);
  set_normalisation(spec, *model.preprocess);
  model.notices.push_back(fmt::format(
      "no config: {} heads, {} heads of the pixels, {} pixels from one to the next{} and mean and "
      "std 0.5 are assumed; set others with --set or --config",
      spec.heads, spec.inner_heads, spec.pixel_stride,
      spec.pixel_edge == PixelEdge::zeros ? "" : ", a convolution that sees neighbouring patches"));
  return model;
}

}  // namespace vitgen
