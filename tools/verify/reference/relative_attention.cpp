#include "generators/ops/relative_attention.h"

#include <algorithm>
#include <numbers>

#include "tools/verify/reference/storage.h"

namespace vitgen {

namespace {

/// The formula of generators/ops/support/position_buckets.h once more.
std::int64_t step(double ratio, double x) {
  const double size = std::abs(x);
  const double alpha = ratio;
  const double beta = 2 * ratio;
  const double gamma = 8 * ratio;
  double g = std::nearbyint(size);
  if (size > alpha) {
    g = std::min(beta, std::nearbyint(alpha + std::log(size / alpha) / std::log(gamma / alpha) *
                                                  (beta - alpha)));
  }
  return static_cast<std::int64_t>(x < 0 ? -g : g);
}

/// Of the method exact, whose last three columns are those of tokens before the grid.
std::int64_t exact_column(const RelativeAttentionSpec& spec, std::int64_t i, std::int64_t j) {
  const std::int64_t w = spec.grid_w;
  const std::int64_t h = (spec.tokens - spec.skip) / w;
  const std::int64_t distances = (2 * h - 1) * (2 * w - 1);
  if (i < spec.skip && j < spec.skip) return distances + 2;
  if (i < spec.skip) return distances;
  if (j < spec.skip) return distances + 1;
  const std::int64_t a = i - spec.skip;
  const std::int64_t b = j - spec.skip;
  return (a / w - b / w + h - 1) * (2 * w - 1) + a % w - b % w + w - 1;
}

/// Columns of query i and key j, one in each table.
std::vector<std::int64_t> columns(const RelativeAttentionSpec& spec, std::int64_t i,
                                  std::int64_t j) {
  if (spec.method == BucketMethod::exact) return {exact_column(spec, i, j)};
  const double ratio = static_cast<double>(spec.ratio);
  const auto half = static_cast<std::int64_t>(2 * ratio);
  const std::int64_t side = 2 * half + 1;
  const bool cross = spec.method == BucketMethod::cross;
  const std::int64_t pairs = spec.method == BucketMethod::product ? side * side : side;
  if (i < spec.skip || j < spec.skip) {
    return cross ? std::vector{pairs, 2 * pairs + 1} : std::vector{pairs};
  }
  const std::int64_t grid_w = spec.grid_w;
  const auto dr = static_cast<double>((i - spec.skip) / grid_w - (j - spec.skip) / grid_w);
  const auto dc = static_cast<double>((i - spec.skip) % grid_w - (j - spec.skip) % grid_w);
  const std::int64_t row = step(ratio, dr) + half;
  const std::int64_t column = step(ratio, dc) + half;
  switch (spec.method) {
    case BucketMethod::product:
      return {row * side + column};
    case BucketMethod::cross:
      return {row, pairs + (spec.skip > 0 ? 1 : 0) + column};
    case BucketMethod::euclidean:
      return {step(ratio, std::nearbyint(std::sqrt(dr * dr + dc * dc))) + half};
    case BucketMethod::quant:
    case BucketMethod::exact:
      break;
  }
  return {step(ratio, dr * dr + dc * dc) + half};
}

/// Operands of the spec by what they are.
struct Data {
  const RelativeAttentionSpec& spec;
  const OperandData& values;

  double qkv(std::int64_t b, std::int64_t token, std::int64_t channel) const {
    return values.at(0, (b * spec.tokens + token) * 3 * spec.width() + channel);
  }
  std::size_t table_k() const { return 1; }
  std::size_t table_q() const { return table_k() + (spec.on_k != Lookup::none ? 1 : 0); }
  std::size_t table_v() const { return table_q() + (spec.on_q != Lookup::none ? 1 : 0); }
  std::int64_t set(std::int64_t h) const { return spec.shared ? 0 : h; }
};

struct Score {
  double value = 0;
  double magnitude = 0;  ///< of all products, the scale among them
};

struct Query {
  std::int64_t b, i, h;
};

/// Channels `from` .. of token `t` times column `id` of a table, or the bias in that column.
Score term(const Data& data, const Query& at, Lookup lookup, std::size_t table, std::int64_t id,
           std::int64_t token, std::int64_t from) {
  const RelativeAttentionSpec& spec = data.spec;
  if (lookup == Lookup::bias) {
    const double bias =
        std::numbers::ln2 * data.values.at(table, data.set(at.h) * spec.table_width() + id);
    return {bias, std::abs(bias)};
  }
  Score sum;
  for (std::int64_t d = 0; d < spec.head_size; ++d) {
    const double product =
        static_cast<double>(spec.scale) * data.qkv(at.b, token, from + d) *
        data.values.at(table, (data.set(at.h) * spec.head_size + d) * padded_buckets(spec) + id);
    sum.value += product;
    sum.magnitude += std::abs(product);
  }
  return sum;
}

Score score(const Data& data, const Query& at, std::int64_t j) {
  const RelativeAttentionSpec& spec = data.spec;
  const std::int64_t q = at.h * spec.head_size;
  const std::int64_t k = spec.width() + q;
  Score sum;
  const auto add = [&](const Score& part) {
    sum.value += part.value;
    sum.magnitude += part.magnitude;
  };
  for (std::int64_t d = 0; d < spec.head_size; ++d) {
    const double product =
        static_cast<double>(spec.scale) * data.qkv(at.b, at.i, q + d) * data.qkv(at.b, j, k + d);
    add({product, std::abs(product)});
  }
  if (spec.on_k != Lookup::none) {
    for (const std::int64_t id : columns(spec, at.i, j)) {
      add(term(data, at, spec.on_k, data.table_k(), id, at.i, q));
    }
  }
  if (spec.on_q != Lookup::none) {
    for (const std::int64_t id : columns(spec, j, at.i)) {
      add(term(data, at, spec.on_q, data.table_q(), id, j, k));
    }
  }
  return sum;
}

struct Row {
  std::vector<double> scores;
  double error = 0;  ///< largest of a score
};

// A score is a chain of d products that begins with the terms: c(d + 1) u of all magnitudes. The
// terms are chains of d themselves, c(d) u, up to four of them added, 3 u; the scale adds 1 u to
// either, and its own rounding u |score|.
Row score_row(const Data& data, const Query& at) {
  const RelativeAttentionSpec& spec = data.spec;
  const double chains = chain_factor(spec.head_size + 1) + chain_factor(spec.head_size) + 4;
  Row row;
  for (std::int64_t j = 0; j < spec.tokens; ++j) {
    const Score one = score(data, at, j);
    row.scores.push_back(one.value);
    row.error = std::max(row.error, kUnitRoundoff * (chains * one.magnitude + std::abs(one.value)));
  }
  return row;
}

/// What the probability of key j is multiplied by: v, and the table's terms by themselves.
std::vector<double> value_terms(const Data& data, const Query& at, std::int64_t j, std::int64_t d) {
  const RelativeAttentionSpec& spec = data.spec;
  std::vector<double> terms = {
      data.qkv(at.b, j, 2 * std::int64_t{spec.width()} + at.h * spec.head_size + d)};
  if (spec.on_v == Lookup::none) return terms;
  for (const std::int64_t id : columns(spec, at.i, j)) {
    terms.push_back(data.values.at(
        data.table_v(),
        (data.set(at.h) * spec.table_width() + id) * std::int64_t{spec.head_size} + d));
  }
  return terms;
}

// As of plain attention (attention.cpp beside this), with |v_j| + sum |table_v| in place of |v_j|,
// the buckets' terms in the output's chain, and c(N) u more for the probabilities of a bucket.
ReferenceValue reference(const RelativeAttentionSpec& spec, const OperandData& values,
                         std::int64_t index) {
  const Data data{spec, values};
  const std::int64_t width = spec.width();
  const std::int64_t d = index % spec.head_size;
  const Query at{.b = index / width / spec.tokens,
                 .i = index / width % spec.tokens,
                 .h = index % width / spec.head_size};
  const Row row = score_row(data, at);
  const double top = *std::ranges::max_element(row.scores);
  double total = 0, sum = 0, magnitude = 0, depth = 0, deepest = 0;
  for (std::int64_t j = 0; j < spec.tokens; ++j) {
    const double below = top - row.scores[static_cast<std::size_t>(j)];
    const double p = std::exp(-below);
    total += p;
    depth += p * below;
    for (const double v : value_terms(data, at, j, d)) {
      sum += p * v;
      magnitude += p * std::abs(v);
      deepest += p * below * std::abs(v);
    }
  }
  const bool by_bucket = spec.on_v != Lookup::none;
  const double n = chain_factor(spec.tokens);
  const double chain = by_bucket ? chain_factor(spec.tokens + spec.table_width()) + n : n;
  constexpr double kPower = 1.5;  // exp2_of in generators/ops/support/vector_math.h
  const double relative =
      2 * row.error + kUnitRoundoff * (depth / total + 2 * kPower + n + chain + 4);
  const double underflow = spec.tokens * 0x1p-126;
  return {sum / total, relative * magnitude / total + kUnitRoundoff * deepest / total + underflow};
}

}  // namespace

template <>
ReferenceEntry reference_entry<RelativeAttentionSpec>() {
  return {RelativeAttentionSpec::op,
          [](const OpSpec& spec, const OperandData& data, std::int64_t index) {
            const auto typed = typed_spec<RelativeAttentionSpec>(spec);
            return stored(reference(typed, data, index), typed.storage);
          }};
}

}  // namespace vitgen
