#include "generators/ops/attention.h"

#include <algorithm>

#include "tools/verify/reference/storage.h"

namespace vitgen {

namespace {

/// As of linear (linear.cpp beside this): what tensor cores cut off of a sum of n products.
double cut_off(const AttentionSpec& spec, double n) {
  return spec.storage == DType::f32 ? 0.0 : n / 16;
}

struct Row {
  std::vector<double> scores;
  double score_error = 0;  ///< largest error of a score: scale c(d) u sum |q k| + u |score|
};

Row score_row(const AttentionSpec& spec, const OperandData& data, std::int64_t b, std::int64_t i,
              std::int64_t h) {
  const std::int64_t width = spec.width();
  const auto qkv = [&](std::int64_t token, std::int64_t channel) {
    return data.at(0, (b * spec.tokens + token) * 3 * width + channel);
  };
  Row row;
  const double scale = static_cast<double>(spec.scale);
  const double chain = chain_factor(spec.head_size) + cut_off(spec, spec.head_size);
  for (std::int64_t j = 0; j < spec.tokens; ++j) {
    double sum = 0;
    double magnitude = 0;
    for (std::int64_t d = 0; d < spec.head_size; ++d) {
      const std::int64_t channel = h * spec.head_size + d;
      const double product = qkv(i, channel) * qkv(j, width + channel);
      sum += product;
      magnitude += std::abs(product);
    }
    row.scores.push_back(scale * sum);
    // One rounding more than a plain sum: k is scaled first.
    row.score_error = std::max(
        row.score_error, kUnitRoundoff * (scale * (chain + 1) * magnitude + std::abs(scale * sum)));
  }
  return row;
}

// |o' - o| <= (2 delta + u (W + D + 2 E + c(N) + 4) + c(N) u) sum_j p_j |v_j|: delta the error of a
// score, D = max - s_j, whose rounding is D u in p, and W its mean under p, E u the error of 2^y.
// Where storage is not f32, the factors p_j may be rounded to it, by u' p_j or, if they are small,
// by half its least distance.
ReferenceValue reference(const AttentionSpec& spec, const OperandData& data, std::int64_t index) {
  const std::int64_t width = spec.width();
  const std::int64_t c = index % width;
  const std::int64_t i = index / width % spec.tokens;
  const std::int64_t b = index / width / spec.tokens;
  const Row row = score_row(spec, data, b, i, c / spec.head_size);
  const double top = *std::ranges::max_element(row.scores);
  double total = 0;
  double sum = 0;
  double magnitude = 0;
  double values = 0;
  double depth = 0;    // W
  double deepest = 0;  // D weighted as it matters: p_j D_j |v_j|
  for (std::int64_t j = 0; j < spec.tokens; ++j) {
    const double below = top - row.scores[static_cast<std::size_t>(j)];
    const double p = std::exp(-below);
    const double v = data.at(0, (b * spec.tokens + j) * 3 * width + 2 * width + c);
    total += p;
    sum += p * v;
    magnitude += p * std::abs(v);
    values += std::abs(v);
    depth += p * below;
    deepest += p * below * std::abs(v);
  }
  const double n = chain_factor(spec.tokens);
  constexpr double kPower = 1.5;  // E: exp2_of in generators/ops/support/vector_math.h
  const double relative =
      2 * row.score_error +
      kUnitRoundoff * (depth / total + 2 * kPower + 2 * n + cut_off(spec, spec.tokens) + 4);
  const double underflow = spec.tokens * 0x1p-126;
  double bound = relative * magnitude / total + kUnitRoundoff * deepest / total + underflow;
  if (spec.storage != DType::f32) {
    bound +=
        (unit_roundoff(spec.storage) * magnitude + least_roundoff(spec.storage) * values) / total;
  }
  return {sum / total, bound};
}

}  // namespace

template <>
ReferenceEntry reference_entry<AttentionSpec>() {
  return {AttentionSpec::op, [](const OpSpec& spec, const OperandData& data, std::int64_t index) {
            const auto typed = typed_spec<AttentionSpec>(spec);
            return stored(reference(typed, data, index), typed.storage);
          }};
}

}  // namespace vitgen
