#include <cmath>
#include <numbers>

#include "generators/ops/attention_pool.h"
#include "generators/plan/lower_parts.h"

namespace vitgen {

namespace t = tensors;

namespace {

LinearWeights part_of(const LinearWeights& joined, std::int64_t part, std::int64_t n) {
  return {t::rows(joined.weight, part * n, n), {t::rows(joined.bias[0], part * n, n)}};
}

/// The maps to q, k and v, joined in the file or each by itself.
struct Projections {
  LinearWeights q, k, v;
};

Projections projections(const VitSpec& spec) {
  const AttentionPoolNames& names = spec.names.attention_pool;
  const std::int64_t n = spec.heads * spec.head_size;
  const auto linear = [&](const std::string& pattern, std::int64_t maps) {
    const HeadSide side = spec.head_axis ? HeadSide::outputs : HeadSide::none;
    return named_linear({.pattern = pattern,
                         .n = maps * n,
                         .k = spec.width,
                         .form = {spec.block_matrix, side, spec.heads}});
  };
  if (!names.qkv.empty()) {
    const LinearWeights joined = linear(names.qkv, 3);
    return {part_of(joined, 0, n), part_of(joined, 1, n), part_of(joined, 2, n)};
  }
  if (!names.kv.empty()) {
    const LinearWeights joined = linear(names.kv, 2);
    return {linear(names.q, 1), part_of(joined, 0, n), part_of(joined, 1, n)};
  }
  return {linear(names.q, 1), linear(names.k, 1), linear(names.v, 1)};
}

/// {width + heads, width}: v, and of each head the score, as an exponent of two, of its query with
/// a token's key. The query q is what the probe gives, the same for all images, so q (K x + b) is
/// the linear map (q K) x + q b of a token.
LinearWeights values_and_scores(const VitSpec& spec) {
  Projections maps = projections(spec);
  TensorExpr probe =
      t::reshape(t::leaf(spec.names.attention_pool.probe, {1, 1, spec.width}), {spec.width});
  const TensorExpr query =
      t::add(t::matvec(std::move(maps.q.weight), std::move(probe)), std::move(maps.q.bias[0]));
  const double factor = std::numbers::log2e / std::sqrt(static_cast<double>(spec.head_size));
  const auto scores = [&](TensorExpr keys) {
    return t::scale(t::head_products(std::move(keys), query, spec.heads), factor);
  };
  const std::int64_t n = spec.heads * spec.head_size;
  std::vector<TensorExpr> weights, biases;
  weights.push_back(std::move(maps.v.weight));
  weights.push_back(scores(std::move(maps.k.weight)));
  biases.push_back(std::move(maps.v.bias[0]));
  biases.push_back(t::reshape(scores(t::reshape(std::move(maps.k.bias[0]), {n, 1})), {spec.heads}));
  return {t::concat(std::move(weights)), {t::concat(std::move(biases))}};
}

}  // namespace

Slot lower_attention_pool(Plan& plan, const VitSpec& spec, const Extents& e, Slot tokens) {
  const AttentionPoolNames& names = spec.names.attention_pool;
  const AttentionPoolSpec pool{.batch = e.batch,
                               .tokens = e.tokens,
                               .prefix = spec.mean_of_all ? 0 : e.prefix,
                               .heads = e.heads,
                               .head_size = e.head_size};
  const auto linear = [&](const std::string& pattern, std::int64_t n, std::int64_t k,
                          HeadSide side) {
    return named_linear(
        {.pattern = pattern, .n = n, .k = k, .form = {spec.block_matrix, side, spec.heads}});
  };
  const Slot rows = add_linear(plan, {.name = "attn_pool.values", .rows = e.rows()},
                               values_and_scores(spec), tokens);
  const Slot mixed = add_step(plan, "attn_pool", op_spec(pool), {rows});
  const HeadSide side = spec.head_axis ? HeadSide::inputs : HeadSide::none;
  const Slot x = add_linear(plan, {.name = "attn_pool.proj", .rows = e.batch},
                            linear(names.proj, spec.width, pool.width(), side), mixed);
  const Slot normed = add_norm(plan, spec, "attn_pool.norm", names.norm, e.batch, x);
  const Slot hidden = add_linear(
      plan, {.name = "attn_pool.mlp.fc1", .rows = e.batch, .activation = spec.activation},
      linear(names.fc1, spec.mlp, spec.width, HeadSide::none), normed);
  return add_linear(plan, {.name = "attn_pool.mlp.fc2", .rows = e.batch, .residual = {x}},
                    linear(names.fc2, spec.width, spec.mlp, HeadSide::none), hidden);
}

}  // namespace vitgen
