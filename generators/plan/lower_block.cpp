#include <fmt/format.h>

#include <cmath>

#include "generators/ops/attention.h"
#include "generators/plan/lower_parts.h"

namespace vitgen {

namespace t = tensors;

namespace {

/// One of q, k, v by itself; a missing bias is zero, since the three share one kernel.
LinearWeights qkv_weights(const VitSpec& spec, int block) {
  const std::int64_t n = spec.heads * spec.head_size;
  const bool any_bias = spec.q_bias || spec.k_bias || spec.v_bias;
  if (!spec.names.qkv.empty())
    return named_linear(spec.names.qkv, 3 * n, spec.width, any_bias, block);
  struct Part {
    const std::string& name;
    bool bias;
  };
  std::vector<TensorExpr> weights;
  std::vector<TensorExpr> biases;
  for (const Part& part : {Part{spec.names.q, spec.q_bias}, Part{spec.names.k, spec.k_bias},
                           Part{spec.names.v, spec.v_bias}}) {
    LinearWeights linear = named_linear(part.name, n, spec.width, part.bias, block,
                                        {spec.layout, HeadSide::outputs, spec.heads});
    weights.push_back(std::move(linear.weight));
    biases.push_back(part.bias ? std::move(linear.bias[0]) : t::zeros({n}));
  }
  LinearWeights fused{t::concat(std::move(weights)), {}};
  if (any_bias) fused.bias.push_back(t::concat(std::move(biases)));
  return fused;
}

/// LayerScale: rows of the linear before it times the gain, so the residual add needs no more work.
LinearWeights scaled(const VitSpec& spec, LinearWeights linear, std::string_view gain, int block) {
  if (!spec.layer_scale) return linear;
  const TensorExpr gains = t::leaf(tensor_name(gain, {}, block), {spec.width});
  linear.weight = t::mul_rows(std::move(linear.weight), gains);
  for (TensorExpr& bias : linear.bias) bias = t::mul_rows(std::move(bias), gains);
  return linear;
}

Slot lower_attention(Plan& plan, const VitSpec& spec, const Extents& e, int block, Slot x) {
  const std::string name = fmt::format("blocks.{}", block);
  const Slot normed = add_norm(plan, spec, name + ".norm1", spec.names.norm1, e.rows(), x, block);
  const Slot qkv = add_linear(plan, {.name = name + ".attn.qkv", .rows = e.rows()},
                              qkv_weights(spec, block), normed);
  const AttentionSpec attention{.batch = e.batch,
                                .tokens = e.tokens,
                                .heads = e.heads,
                                .head_size = e.head_size,
                                .scale = static_cast<float>(1 / std::sqrt(e.head_size))};
  const Slot mixed = add_step(plan, name + ".attn", op_spec(attention), {qkv});
  LinearWeights proj =
      named_linear(spec.names.proj, spec.width, spec.heads * spec.head_size, spec.proj_bias, block,
                   {spec.layout, HeadSide::inputs, spec.heads});
  return add_linear(plan, {.name = name + ".attn.proj", .rows = e.rows(), .residual = {x}},
                    scaled(spec, std::move(proj), spec.names.gain1, block), mixed);
}

Slot lower_mlp(Plan& plan, const VitSpec& spec, const Extents& e, int block, Slot x) {
  const std::string name = fmt::format("blocks.{}", block);
  const Slot normed = add_norm(plan, spec, name + ".norm2", spec.names.norm2, e.rows(), x, block);
  const Slot hidden = add_linear(
      plan, {.name = name + ".mlp.fc1", .rows = e.rows(), .activation = spec.activation},
      named_linear(spec.names.fc1, spec.mlp, spec.width, spec.mlp_bias, block, {spec.layout}),
      normed);
  LinearWeights fc2 =
      named_linear(spec.names.fc2, spec.width, spec.mlp, spec.mlp_bias, block, {spec.layout});
  return add_linear(plan, {.name = name + ".mlp.fc2", .rows = e.rows(), .residual = {x}},
                    scaled(spec, std::move(fc2), spec.names.gain2, block), hidden);
}

}  // namespace

Slot lower_block(Plan& plan, const VitSpec& spec, int batch, int block, Slot x) {
  const Extents e = extents_of(spec, batch);
  return lower_mlp(plan, spec, e, block, lower_attention(plan, spec, e, block, x));
}

}  // namespace vitgen
