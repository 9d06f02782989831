#include "generators/models/support/infer.h"

#include <fmt/format.h>

#include <cmath>

#include "generators/base/error.h"
#include "generators/models/support/config_read.h"
#include "generators/models/support/infer_relative.h"
#include "generators/plan/weight_layout.h"

namespace vitgen {

const Shape& shown_shape(const WeightSource& weights, const std::string& name, std::size_t rank) {
  const TensorInfo* found = weights.find(name);
  if (!found) {
    throw Error(ExitCode::bad_input, "MODEL_MISSING",
                fmt::format("{}: not in {}, so its shape cannot say what the model is",
                            printable(name), weights.description()),
                "give the model's config with --config");
  }
  if (found->shape.size() != rank) {
    throw Error(ExitCode::bad_input, "MODEL_SHAPE",
                fmt::format("{}: expected {} axes, got {}", printable(name), rank,
                            shape_text(found->shape)));
  }
  return found->shape;
}

std::int64_t count_blocks(const WeightSource& weights, std::string_view pattern) {
  std::int64_t depth = 0;
  while (weights.has(tensor_name(pattern, "weight", static_cast<int>(depth)))) ++depth;
  return depth;
}

std::int64_t assumed_heads(std::int64_t width, const Fields& overrides) {
  constexpr std::int64_t kHeadSize = 64;  // of ViT-Ti to ViT-L and TNT
  if (const std::string* heads = overrides.find("heads")) return parse_int(*heads, "heads");
  if (width % kHeadSize == 0) return width / kHeadSize;
  throw Error(ExitCode::bad_input, "CFG_FIELD",
              fmt::format("tensors do not show the number of heads, and width {} is not a "
                          "multiple of {}",
                          width, kHeadSize),
              "give the model's config with --config, or --set heads=N");
}

std::int64_t square_root(std::int64_t n) {
  const auto root = static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(n))));
  return root > 0 && root * root == n ? root : 0;
}

namespace {

/// Of a matrix or the patch convolution, as {n, k} or {n, channels, h, w}.
Shape shape_of_weight(const WeightSource& weights, MatrixOrder order, const std::string& pattern,
                      std::size_t rank) {
  return formula_shape(shown_shape(weights, tensor_name(pattern, "weight"), rank), order);
}

bool has(const WeightSource& weights, const std::string& pattern) {
  return !pattern.empty() && weights.has(tensor_name(pattern, "weight"));
}

bool has_bias(const WeightSource& weights, const std::string& pattern) {
  return weights.has(tensor_name(pattern, "bias"));
}

/// The table has rows for the prefix tokens or not: what leaves a square grid is right.
void infer_positions(const WeightSource& weights, const std::string& scheme, VitSpec& spec) {
  const Shape& table = shown_shape(weights, spec.names.position, 3);
  const std::int64_t with_positions = scheme == "dinov2" ? 1 : spec.prefix();
  for (const std::int64_t prefix : {with_positions, std::int64_t{0}}) {
    const std::int64_t side = square_root(table[1] - prefix);
    if (side == 0) continue;
    spec.position_prefix = prefix;
    spec.grid_h = spec.grid_w = side;
    spec.image_h = side * spec.patch_h;
    spec.image_w = side * spec.patch_w;
    return;
  }
  throw Error(ExitCode::bad_input, "CFG_FIELD",
              fmt::format("{}: {} rows are not a square of patches and {} prefix tokens",
                          printable(spec.names.position), table[1], spec.prefix()),
              "give the model's config with --config");
}

void infer_tokens(const WeightSource& weights, const std::string& scheme, VitSpec& spec) {
  const tensors::Resample usual = scheme_named(scheme).defaults.resample;
  spec.cls = weights.has(spec.names.cls);
  spec.dist = weights.has(spec.names.dist);
  const TensorInfo* registers = weights.find(spec.names.registers);
  spec.registers = registers && registers->shape.size() == 3 ? registers->shape[1] : 0;
  if (spec.positions == Positions::learned) infer_positions(weights, scheme, spec);
  spec.norm_pre = has(weights, spec.names.norm_pre);
  const bool original = weights.has("mask_token") && spec.registers == 0;
  spec.resample = original && spec.layer_scale ? tensors::Resample::torch_bicubic_offset : usual;
}

/// Flax keeps q, k and v as {k, heads, size}; BEiT's tables have a column for each head.
bool shows_heads(const VitSpec& spec) { return spec.head_axis || spec.relative.exact(); }

void infer_heads(const WeightSource& weights, VitSpec& spec, const Fields& overrides) {
  if (spec.relative.exact()) return;  // its table has shown them
  if (spec.head_axis) {
    const Shape& query = shown_shape(weights, tensor_name(spec.names.q, "weight"), 3);
    spec.heads = query[1];
    spec.head_size = query[2];
    return;
  }
  spec.heads = assumed_heads(spec.width, overrides);
  spec.head_size = spec.heads > 0 ? spec.width / spec.heads : 0;
}

/// A gate doubles what the first linear makes: it stands in a tensor of its own, or beside the rest
/// in one that is twice as wide as what the last linear reads.
void infer_mlp(const WeightSource& weights, VitSpec& spec) {
  const TensorNames& names = spec.names;
  const auto shape = [&](const std::string& pattern) {
    return shape_of_weight(weights, spec.block_matrix, pattern, 2);
  };
  const std::string* first = &names.fc1;
  if (has(weights, names.gate)) {
    spec.gate = GateWeights::split;
    first = &names.gate;
  } else if (has(weights, names.gate_up) && has(weights, names.down) &&
             shape(names.gate_up)[0] == 2 * shape(names.down)[1]) {
    spec.gate = GateWeights::joined;
    first = &names.gate_up;
  }
  spec.mlp = shape(*first)[0] / (spec.gate == GateWeights::joined ? 2 : 1);
  spec.mlp_bias = has_bias(weights, *first);
  spec.mlp_norm = has(weights, names.mlp_norm);
  if (spec.gate != GateWeights::none) spec.activation = Activation::silu;
}

void infer_blocks(const WeightSource& weights, VitSpec& spec, const Fields& overrides) {
  const TensorNames& names = spec.names;
  spec.depth = count_blocks(weights, names.norm1);
  infer_mlp(weights, spec);
  if (names.q_bias.empty()) {
    spec.q_bias = has_bias(weights, names.qkv.empty() ? names.q : names.qkv);
    spec.k_bias = has_bias(weights, names.qkv.empty() ? names.k : names.qkv);
    spec.v_bias = has_bias(weights, names.qkv.empty() ? names.v : names.qkv);
  } else {
    spec.q_bias = weights.has(tensor_name(names.q_bias));
    spec.k_bias = false;
    spec.v_bias = weights.has(tensor_name(names.v_bias));
  }
  spec.proj_bias = has_bias(weights, names.proj);
  spec.attn_norm = has(weights, names.attn_norm);
  spec.layer_scale = weights.has(tensor_name(names.gain1));
  infer_heads(weights, spec, overrides);
}

void infer_head(const WeightSource& weights, VitSpec& spec) {
  const TensorNames& names = spec.names;
  const bool after = has(weights, names.fc_norm);
  spec.final_norm = after                      ? FinalNorm::after_pool
                    : has(weights, names.norm) ? FinalNorm::before_pool
                                               : FinalNorm::none;
  spec.pooling = after || !spec.cls ? Pooling::mean : Pooling::token;
  spec.attention_pool = weights.has(names.attention_pool.probe);
  spec.pooler = has(weights, names.pooler);
  if (spec.pooler)
    spec.pooler_size = shape_of_weight(weights, spec.head_matrix, names.pooler, 2)[0];
  spec.classes = 0;
  if (has(weights, names.head)) {
    const Shape head = shape_of_weight(weights, spec.head_matrix, names.head, 2);
    spec.classes = head[0];
    spec.head_bias = has_bias(weights, names.head);
    if (head[1] == 2 * spec.width && !spec.pooler) spec.pooling = Pooling::token_and_mean;
  }
  spec.two_heads = has(weights, names.head_dist);
  if (spec.two_heads) spec.pooling = Pooling::two_tokens;
}

Preprocess preprocess_of(const std::string& scheme, const VitSpec& spec) {
  if (!scheme_named(scheme).defaults.plain_resize) {
    return timm_preprocess({"defaults", Json::object(), {}}, spec.channels, spec.image_h,
                           spec.image_w);
  }
  return {.resize_h = spec.image_h,
          .resize_w = spec.image_w,
          .crop_h = spec.image_h,
          .crop_w = spec.image_w,
          .channels = spec.channels};
}

/// What the tensors did not show.
std::string assumptions(const std::string& scheme, const VitSpec& spec) {
  const bool plain = scheme_named(scheme).defaults.plain_resize;
  const std::string_view activation = spec.gate != GateWeights::none             ? "SiLU"
                                      : spec.activation == Activation::gelu_tanh ? "tanh GELU"
                                                                                 : "erf GELU";
  return fmt::format(
      "no config: {}eps 1e-6, {} and {} are assumed; set others with --set or "
      "--config",
      shows_heads(spec) ? std::string()
                        : fmt::format("{} heads of {} channels, ", spec.heads, spec.head_size),
      activation, plain ? "mean and std 0.5" : "ImageNet's mean and std");
}

}  // namespace

VitModel infer_model(const WeightSource& weights, const FileNaming& naming,
                     const Fields& overrides) {
  VitModel model;
  VitSpec& spec = model.spec;
  spec.names = naming.names;
  spec = with_layout(spec, naming.scheme);
  spec.activation = scheme_named(naming.scheme).defaults.activation;
  const Shape patch = shape_of_weight(weights, spec.patch_matrix, spec.names.patch, 4);
  spec.width = patch[0];
  spec.channels = patch[1];
  spec.patch_h = patch[2];
  spec.patch_w = patch[3];
  spec.patch_bias = has_bias(weights, spec.names.patch);
  spec.patch_norm = has(weights, spec.names.patch_norm);
  infer_exact_relative(weights, spec);
  infer_blocks(weights, spec, overrides);
  infer_tokens(weights, naming.scheme, spec);
  if (!overrides.find("relative")) infer_relative(weights, model);
  infer_head(weights, spec);
  model.origin = "the shapes of the tensors";
  model.preprocess = preprocess_of(naming.scheme, spec);
  set_normalisation(spec, *model.preprocess);
  model.notices.push_back(assumptions(naming.scheme, spec));
  return model;
}

}  // namespace vitgen
