#include <fmt/format.h>

#include <cmath>

#include "generators/ops/add.h"
#include "generators/ops/gate.h"
#include "generators/plan/lower_parts.h"

namespace vitgen {

namespace t = tensors;

namespace {

/// Of q, k and v, or of the projection behind them.
MatrixForm attention_form(const VitSpec& spec, HeadSide side) {
  return {spec.block_matrix, spec.head_axis ? side : HeadSide::none, spec.heads};
}

/// One of q, k, v by itself, or q and k: what the heads' tensors make of all channels.
LinearWeights projection(const VitSpec& spec, std::string_view pattern, bool bias, int block,
                         int maps) {
  const bool sliced = spec.head_weights == HeadWeights::sliced;
  const MatrixForm form = attention_form(spec, HeadSide::outputs);
  const auto part = [&](std::int64_t n, int head) {
    return named_linear({.pattern = pattern,
                         .n = n,
                         .k = sliced ? spec.head_size : spec.width,
                         .bias = bias,
                         .form = form,
                         .block = block,
                         .head = head});
  };
  if (spec.head_weights == HeadWeights::joined) return part(maps * spec.heads * spec.head_size, 0);
  std::vector<TensorExpr> weights;
  std::vector<TensorExpr> biases;
  for (int head = 0; head < spec.heads; ++head) {
    LinearWeights own = part(spec.head_size, head);
    weights.push_back(std::move(own.weight));
    if (bias) biases.push_back(std::move(own.bias[0]));
  }
  LinearWeights all{sliced ? t::block_diagonal(std::move(weights)) : t::concat(std::move(weights)),
                    {}};
  if (bias) all.bias.push_back(t::concat(std::move(biases)));
  return all;
}

/// Of a fused qkv without one: q and v have tensors of their own, and k has none.
TensorExpr biases_apart(const VitSpec& spec, int block) {
  const std::int64_t n = spec.heads * spec.head_size;
  const auto part = [&](const std::string& name, bool there) {
    return there ? t::leaf(tensor_name(name, {}, block), {n}) : t::zeros({n});
  };
  std::vector<TensorExpr> parts;
  parts.push_back(part(spec.names.q_bias, spec.q_bias));
  parts.push_back(t::zeros({n}));
  parts.push_back(part(spec.names.v_bias, spec.v_bias));
  return t::concat(std::move(parts));
}

/// q, k and v in one kernel, so a bias that only one of them lacks is zero.
LinearWeights qkv_weights(const VitSpec& spec, int block) {
  const std::int64_t n = spec.heads * spec.head_size;
  const bool any_bias = spec.q_bias || spec.k_bias || spec.v_bias;
  if (!spec.names.qkv.empty()) {
    const bool apart = !spec.names.q_bias.empty();
    LinearWeights fused = named_linear({.pattern = spec.names.qkv,
                                        .n = 3 * n,
                                        .k = spec.width,
                                        .bias = any_bias && !apart,
                                        .form = {spec.block_matrix},
                                        .block = block});
    if (any_bias && apart) fused.bias.push_back(biases_apart(spec, block));
    return fused;
  }
  struct Part {
    const std::string& name;
    bool bias;
    int maps = 1;
  };
  const TensorNames& names = spec.names;
  const std::vector<Part> parts =
      names.qk.empty()
          ? std::vector<Part>{{names.q, spec.q_bias},
                              {names.k, spec.k_bias},
                              {names.v, spec.v_bias}}
          : std::vector<Part>{{names.qk, spec.q_bias || spec.k_bias, 2}, {names.v, spec.v_bias}};
  std::vector<TensorExpr> weights;
  std::vector<TensorExpr> biases;
  for (const Part& part : parts) {
    LinearWeights linear = projection(spec, part.name, part.bias, block, part.maps);
    weights.push_back(std::move(linear.weight));
    biases.push_back(part.bias ? std::move(linear.bias[0]) : t::zeros({part.maps * n}));
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

/// The attention or the MLP of one block, and the sum and the norm that go with it.
struct Branch {
  const VitSpec& spec;
  Extents extents;
  int block;
  std::string_view norm;          ///< of the steps: "norm1"
  std::string_view norm_pattern;  ///< of the file's tensors
  Slot x;                         ///< the tokens that the branch is added to
  std::string_view steps;         ///< pattern of the steps' names: "blocks.{}.*"

  std::string step(std::string_view part) const { return tensor_name(steps, part, block); }
};

Slot branch_norm(Plan& plan, const Branch& branch, Slot input) {
  return add_norm(plan, branch.spec, branch.step(branch.norm), branch.norm_pattern,
                  branch.extents.rows(), input, branch.block);
}

/// What the branch's first linear reads.
Slot open_branch(Plan& plan, const Branch& branch) {
  const bool before = branch.spec.norm_placement == NormPlacement::pre;
  return before ? branch_norm(plan, branch, branch.x) : branch.x;
}

/// The tokens after the branch. `last`: its last linear, none or one, which adds the residual
/// unless a norm stands between the two.
Slot close_branch(Plan& plan, const Branch& branch, std::string_view name,
                  std::vector<LinearWeights> last, Slot inner) {
  const int rows = branch.extents.rows();
  const NormPlacement placement = branch.spec.norm_placement;
  Slot out = inner;
  bool added = false;
  if (!last.empty()) {
    LinearStep step{.name = branch.step(name), .rows = rows};
    added = placement != NormPlacement::res_post;
    if (added) step.residual.push_back(branch.x);
    out = add_linear(plan, step, std::move(last[0]), inner);
  }
  if (placement == NormPlacement::res_post) out = branch_norm(plan, branch, out);
  if (!added) {
    const AddSpec sum{.rows = rows, .width = branch.extents.width};
    out = add_step(plan, branch.step(name) + ".add", op_spec(sum), {out, branch.x});
  }
  return placement == NormPlacement::post ? branch_norm(plan, branch, out) : out;
}

/// A norm between the linears of the branch.
Slot inner_norm(Plan& plan, const Branch& branch, std::string_view name, std::string_view pattern,
                std::int64_t width, Slot input) {
  const NamedNorm norm{.name = branch.step(name),
                       .pattern = pattern,
                       .rows = branch.extents.rows(),
                       .width = width,
                       .eps = branch.spec.eps,
                       .block = branch.block};
  return add_norm(plan, norm, input);
}

Slot lower_attention(Plan& plan, const VitSpec& spec, const Extents& e, int block, Slot x,
                     std::string_view steps) {
  const Branch branch{spec, e, block, "norm1", spec.names.norm1, x, steps};
  const Slot input = open_branch(plan, branch);
  Slot qkv = add_linear(plan, {.name = branch.step("attn.qkv"), .rows = e.rows()},
                        with_halves_for_pairs(spec, qkv_weights(spec, block)), input);
  if (spec.rotary != Rotary2d::none) {
    qkv = add_rotary(plan, spec, e, branch.step("attn.rotary"), qkv);
  }
  const AttentionSpec attention{.batch = e.batch,
                                .tokens = e.tokens,
                                .heads = e.heads,
                                .head_size = e.head_size,
                                .scale = static_cast<float>(1 / std::sqrt(e.head_size))};
  Slot mixed = add_attention(plan, spec, branch.step("attn"), attention, block, qkv);
  if (spec.attn_norm) {
    mixed = inner_norm(plan, branch, "attn.norm", spec.names.attn_norm, spec.heads * spec.head_size,
                       mixed);
  }
  std::vector<LinearWeights> proj;
  if (spec.proj) {
    proj.push_back(scaled(spec,
                          named_linear({.pattern = spec.names.proj,
                                        .n = spec.width,
                                        .k = spec.heads * spec.head_size,
                                        .bias = spec.proj_bias,
                                        .form = attention_form(spec, HeadSide::inputs),
                                        .block = block}),
                          spec.names.gain1, block));
  }
  return close_branch(plan, branch, "attn.proj", std::move(proj), mixed);
}

LinearWeights mlp_weights(const VitSpec& spec, std::string_view pattern, std::int64_t n,
                          std::int64_t k, int block) {
  return named_linear({.pattern = pattern,
                       .n = n,
                       .k = k,
                       .bias = spec.mlp_bias,
                       .form = {spec.block_matrix},
                       .block = block});
}

/// Rows [gate | up], whichever way the file has them.
LinearWeights gate_up_weights(const VitSpec& spec, int block) {
  const TensorNames& names = spec.names;
  if (spec.gate == GateWeights::joined) {
    return mlp_weights(spec, names.gate_up, 2 * spec.mlp, spec.width, block);
  }
  LinearWeights gate = mlp_weights(spec, names.gate, spec.mlp, spec.width, block);
  LinearWeights up = mlp_weights(spec, names.up, spec.mlp, spec.width, block);
  LinearWeights both{t::concat({std::move(gate.weight), std::move(up.weight)}), {}};
  if (spec.mlp_bias) {
    both.bias.push_back(t::concat({std::move(gate.bias[0]), std::move(up.bias[0])}));
  }
  return both;
}

/// What the last linear of an MLP reads, but for a norm.
Slot hidden_channels(Plan& plan, const Branch& branch, Slot input) {
  const VitSpec& spec = branch.spec;
  const int rows = branch.extents.rows();
  if (spec.gate == GateWeights::none) {
    return add_linear(plan,
                      {.name = branch.step("mlp.fc1"), .rows = rows, .activation = spec.activation},
                      mlp_weights(spec, spec.names.fc1, spec.mlp, spec.width, branch.block), input);
  }
  const Slot both = add_linear(plan, {.name = branch.step("mlp.fc1"), .rows = rows},
                               gate_up_weights(spec, branch.block), input);
  const GateSpec gate{
      .rows = rows, .width = static_cast<int>(spec.mlp), .activation = spec.activation};
  return add_step(plan, branch.step("mlp.gate"), op_spec(gate), {both});
}

Slot lower_mlp(Plan& plan, const VitSpec& spec, const Extents& e, int block, Slot x,
               std::string_view steps) {
  const Branch branch{spec, e, block, "norm2", spec.names.norm2, x, steps};
  const Slot input = open_branch(plan, branch);
  Slot hidden = hidden_channels(plan, branch, input);
  if (spec.mlp_norm) {
    hidden = inner_norm(plan, branch, "mlp.norm", spec.names.mlp_norm, spec.mlp, hidden);
  }
  const std::string& last = spec.gate == GateWeights::none ? spec.names.fc2 : spec.names.down;
  std::vector<LinearWeights> fc2;
  fc2.push_back(
      scaled(spec, mlp_weights(spec, last, spec.width, spec.mlp, block), spec.names.gain2, block));
  return close_branch(plan, branch, "mlp.fc2", std::move(fc2), hidden);
}

}  // namespace

Slot lower_block(Plan& plan, const VitSpec& spec, int batch, int block, Slot x,
                 std::string_view steps) {
  const Extents e = extents_of(spec, batch);
  const Slot mixed = lower_attention(plan, spec, e, block, x, steps);
  return lower_mlp(plan, spec, e, block, mixed, steps);
}

}  // namespace vitgen
