#include "generators/plan/lower.h"

#include <fmt/format.h>

#include <algorithm>

#include "generators/base/error.h"
#include "generators/ops/layer_norm.h"
#include "generators/plan/limits.h"
#include "generators/plan/lower_outputs.h"
#include "generators/plan/lower_parts.h"

namespace vitgen {

namespace t = tensors;

Extents extents_of(const VitSpec& spec, int batch) {
  return {.batch = batch,
          .tokens = static_cast<int>(spec.tokens()),
          .prefix = static_cast<int>(spec.prefix()),
          .width = static_cast<int>(spec.width),
          .heads = static_cast<int>(spec.heads),
          .head_size = static_cast<int>(spec.head_size)};
}

LinearWeights named_linear(const NamedLinear& linear) {
  const auto name = [&](std::string_view part) {
    return tensor_name(linear.pattern, part, linear.block, linear.head);
  };
  LinearWeights weights{stored_matrix(name("weight"), linear.n, linear.k, linear.form), {}};
  if (linear.bias) weights.bias.push_back(stored_bias(name("bias"), linear.n, linear.form));
  return weights;
}

Slot add_norm(Plan& plan, const NamedNorm& norm, Slot input) {
  const LayerNormSpec spec{
      .rows = norm.rows, .width = static_cast<int>(norm.width), .eps = norm.eps};
  const auto weight = [&](std::string_view part) {
    return add_weight(plan, norm.name + "." + std::string(part),
                      t::leaf(tensor_name(norm.pattern, part, norm.block), {norm.width}));
  };
  const Slot gain = weight("weight");
  const Slot bias = weight("bias");
  return add_step(plan, norm.name, op_spec(spec), {input, gain, bias});
}

Slot add_norm(Plan& plan, const VitSpec& spec, const std::string& name, std::string_view pattern,
              int rows, Slot input, int block) {
  const NamedNorm norm{.name = name,
                       .pattern = pattern,
                       .rows = rows,
                       .width = spec.width,
                       .eps = spec.eps,
                       .block = block};
  return add_norm(plan, norm, input);
}

VitSpec sized_for(const VitSpec& spec, const PlanOptions& options) {
  VitSpec sized = spec;
  if (options.image_h > 0) sized.image_h = options.image_h;
  if (options.image_w > 0) sized.image_w = options.image_w;
  const bool other = sized.image_h != spec.image_h || sized.image_w != spec.image_w;
  if (other && spec.patch_h > 0 && spec.patch_w > 0) check_whole_patches(sized);
  return sized;
}

std::vector<std::string> default_outputs(const VitSpec& spec) {
  std::vector<std::string> outputs;
  outputs.emplace_back(spec.classes > 0          ? "logits"
                       : spec.decoder_stride > 0 ? "reconstruction"
                                                 : "pooled");
  return outputs;
}

/// The elements of the plan's largest value must be addressable by 32-bit indices.
void check_batch(const VitSpec& spec, int batch) {
  const double widest =
      static_cast<double>(std::max({3 * spec.heads * spec.head_size, spec.hidden(), spec.width}));
  const double image = static_cast<double>(
      std::max({spec.channels * spec.image_h * spec.image_w, spec.classes, spec.pooler_size}));
  const double decoded =
      static_cast<double>(spec.channels * spec.decoder_stride * spec.decoder_stride);
  const double tokens = static_cast<double>(spec.tokens()) * std::max(widest, decoded);
  if (batch < 1 || std::max(tokens, image) * batch >= kMostElements) {
    throw Error(ExitCode::usage, "BATCH_RANGE",
                fmt::format("batch {}: must be at least 1 and keep {:.1f} MiB of activations for "
                            "each image under 8 GiB",
                            batch, std::max(tokens, image) * 4 / 1048576));
  }
}

Port input_port(const VitSpec& spec, DType dtype) {
  const int c = static_cast<int>(spec.channels);
  const int h = static_cast<int>(spec.image_h);
  const int w = static_cast<int>(spec.image_w);
  if (dtype == DType::u8) return {"image", dtype, {c, w, h}};
  return {"image", dtype, {w, h, c}};
}

Plan lower_around(const VitSpec& model, const PlanOptions& wanted, const Trunk& trunk) {
  const VitSpec spec = sized_for(model, wanted);
  check(spec);
  PlanOptions options = wanted;
  if (options.outputs.empty()) options.outputs = default_outputs(spec);
  check_outputs(spec, options.outputs);
  check_batch(spec, options.batch);

  Plan plan;
  plan.batch = options.batch;
  plan.inputs = {input_port(spec, options.input)};
  if (spec.decoder_stride > 0) {
    plan.inputs.push_back({"mask", DType::f32, {static_cast<int>(spec.patches())}});
  }
  lower_outputs(plan, spec, options, trunk(plan, spec, options));
  finish(plan, options);
  return plan;
}

Plan lower(const VitSpec& model, const PlanOptions& wanted) {
  return lower_around(model, wanted,
                      [](Plan& plan, const VitSpec& spec, const PlanOptions& options) {
                        std::vector<Slot> blocks;
                        Slot x = lower_embedding(plan, spec, options);
                        for (int block = 0; block < static_cast<int>(spec.depth); ++block) {
                          x = lower_block(plan, spec, options.batch, block, x);
                          blocks.push_back(x);
                        }
                        return blocks;
                      });
}

}  // namespace vitgen
