#include "generators/models/support/infer.h"

#include <fmt/format.h>

#include <cmath>

#include "generators/base/error.h"
#include "generators/models/support/config_read.h"

namespace vitgen {

namespace {

const TensorInfo& tensor(const WeightSource& weights, const std::string& name, std::size_t rank) {
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
  return *found;
}

bool has(const WeightSource& weights, const std::string& pattern) {
  return !pattern.empty() && weights.has(tensor_name(pattern, "weight"));
}

bool has_bias(const WeightSource& weights, const std::string& pattern) {
  return weights.has(tensor_name(pattern, "bias"));
}

std::int64_t count_blocks(const WeightSource& weights, const TensorNames& names) {
  std::int64_t depth = 0;
  while (weights.has(tensor_name(names.norm1, "weight", static_cast<int>(depth)))) ++depth;
  return depth;
}

std::int64_t square_root(std::int64_t n) {
  const auto root = static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(n))));
  return root > 0 && root * root == n ? root : 0;
}

/// The table has rows for the prefix tokens or not: what leaves a square grid is right.
void infer_positions(const WeightSource& weights, const std::string& scheme, VitSpec& spec) {
  const TensorInfo& table = tensor(weights, spec.names.position, 3);
  const std::int64_t with_positions = scheme == "dinov2" ? 1 : spec.prefix();
  for (const std::int64_t prefix : {with_positions, std::int64_t{0}}) {
    const std::int64_t side = square_root(table.shape[1] - prefix);
    if (side == 0) continue;
    spec.position_prefix = prefix;
    spec.grid_h = spec.grid_w = side;
    spec.image_h = side * spec.patch_h;
    spec.image_w = side * spec.patch_w;
    return;
  }
  throw Error(ExitCode::bad_input, "CFG_FIELD",
              fmt::format("{}: {} rows are not a square of patches and {} prefix tokens",
                          printable(spec.names.position), table.shape[1], spec.prefix()),
              "give the model's config with --config");
}

void infer_tokens(const WeightSource& weights, const std::string& scheme, VitSpec& spec) {
  spec.cls = weights.has(spec.names.cls);
  spec.dist = weights.has(spec.names.dist);
  const TensorInfo* registers = weights.find(spec.names.registers);
  spec.registers = registers && registers->shape.size() == 3 ? registers->shape[1] : 0;
  infer_positions(weights, scheme, spec);
  spec.norm_pre = has(weights, spec.names.norm_pre);
  const bool original = weights.has("mask_token") && spec.registers == 0;
  spec.resample = original && spec.layer_scale ? tensors::Resample::torch_bicubic_offset
                                               : tensors::Resample::torch_bicubic_aa;
}

void infer_blocks(const WeightSource& weights, VitSpec& spec, const Fields& overrides) {
  const TensorNames& names = spec.names;
  spec.depth = count_blocks(weights, names);
  spec.mlp = tensor(weights, tensor_name(names.fc1, "weight"), 2).shape[0];
  spec.q_bias = spec.k_bias = spec.v_bias = has_bias(weights, names.qkv);
  spec.proj_bias = has_bias(weights, names.proj);
  spec.mlp_bias = has_bias(weights, names.fc1);
  spec.layer_scale = weights.has(tensor_name(names.gain1));
  const std::string* heads = overrides.find("heads");
  if (!heads && spec.width % 64 != 0) {
    throw Error(ExitCode::bad_input, "CFG_FIELD",
                fmt::format("tensors do not show the number of heads, and width {} is not a "
                            "multiple of 64",
                            spec.width),
                "give the model's config with --config, or --set heads=N");
  }
  spec.heads = heads ? parse_int(*heads, "heads") : spec.width / 64;
  spec.head_size = spec.heads > 0 ? spec.width / spec.heads : 0;
}

void infer_head(const WeightSource& weights, VitSpec& spec) {
  const TensorNames& names = spec.names;
  const bool after = has(weights, names.fc_norm);
  spec.final_norm = after                      ? FinalNorm::after_pool
                    : has(weights, names.norm) ? FinalNorm::before_pool
                                               : FinalNorm::none;
  spec.pooling = after || !spec.cls ? Pooling::mean : Pooling::token;
  spec.classes = 0;
  if (has(weights, names.head)) {
    const TensorInfo& head = tensor(weights, tensor_name(names.head, "weight"), 2);
    spec.classes = head.shape[0];
    spec.head_bias = has_bias(weights, names.head);
    if (head.shape[1] == 2 * spec.width) spec.pooling = Pooling::token_and_mean;
  }
  spec.two_heads = has(weights, names.head_dist);
  if (spec.two_heads) spec.pooling = Pooling::two_tokens;
}

}  // namespace

VitModel infer_model(const WeightSource& weights, const FileNaming& naming,
                     const Fields& overrides) {
  VitModel model;
  VitSpec& spec = model.spec;
  spec.names = naming.names;
  const Shape& patch = tensor(weights, tensor_name(spec.names.patch, "weight"), 4).shape;
  spec.width = patch[0];
  spec.channels = patch[1];
  spec.patch_h = patch[2];
  spec.patch_w = patch[3];
  spec.patch_bias = has_bias(weights, spec.names.patch);
  infer_blocks(weights, spec, overrides);
  infer_tokens(weights, naming.scheme, spec);
  infer_head(weights, spec);
  model.origin = "the shapes of the tensors";
  model.preprocess =
      timm_preprocess({"defaults", Json::object(), {}}, spec.channels, spec.image_h, spec.image_w);
  set_normalisation(spec, *model.preprocess);
  model.notices.push_back(fmt::format(
      "no config: {} heads of {} channels, eps 1e-6, erf GELU and ImageNet's mean and std are "
      "assumed; set others with --set or --config",
      spec.heads, spec.head_size));
  return model;
}

}  // namespace vitgen
