#include "generators/ops/cosine_attention.h"

#include <vector>

#include "tools/verify/reference/rank.h"

namespace vitgen {

namespace {

struct Cosine {
  double value = 0;
  double error = 0;
};

// The dot product is off by c(n) u sum |x y|; each length by (c(n) / 2 + 1) u of itself, their
// product and the quotient add 2 u.
Cosine cosine(const CosineAttentionSpec& spec, const OperandData& data, std::int64_t first,
              std::int64_t patch) {
  double dot = 0, magnitude = 0, xx = 0, yy = 0;
  for (std::int64_t c = 0; c < spec.width; ++c) {
    const double x = data.at(0, first + c);
    const double y = data.at(0, patch + c);
    dot += x * y;
    magnitude += std::abs(x * y);
    xx += x * x;
    yy += y * y;
  }
  constexpr double least = static_cast<double>(1e-8f);
  const double lengths = std::max(std::sqrt(xx), least) * std::max(std::sqrt(yy), least);
  const double chain = chain_factor(spec.width) * kUnitRoundoff;
  return {dot / lengths,
          (chain * magnitude + std::abs(dot) * (chain + 4 * kUnitRoundoff)) / lengths};
}

// e = exp(x), x = (s - max s) / t: x is off by twice the cosines' error over t and by 3 u |x|, its
// product with log2 e by another |x| u, the power by 2 u. The sum of n weights of one sign adds
// c(n) u, its terms' errors and the quotient 1 u.
ReferenceValue reference(const CosineAttentionSpec& spec, const OperandData& data,
                         std::int64_t index) {
  const std::int64_t b = index / spec.kept;
  const std::int64_t first = b * spec.tokens() * spec.width;
  std::vector<Cosine> cosines;
  double top = -2, error = 0;
  for (std::int64_t r = 0; r < spec.kept; ++r) {
    const std::int64_t id = index_of(data.at(1, b * spec.kept + r), spec.patches);
    cosines.push_back(cosine(spec, data, first, first + (spec.prefix + id) * spec.width));
    top = std::max(top, cosines.back().value);
    error = std::max(error, cosines.back().error);
  }
  const double temperature = static_cast<double>(spec.temperature);
  double total = 0, largest = 0;  // of the exponents' magnitudes
  const auto exponent = [&](const Cosine& s) { return (s.value - top) / temperature; };
  for (const Cosine& s : cosines) {
    total += std::exp(exponent(s));
    largest = std::max(largest, std::abs(exponent(s)));
  }
  const double y = std::exp(exponent(cosines[static_cast<std::size_t>(index % spec.kept)])) / total;
  const double power = 2 * error / temperature + (4 * largest + 2) * kUnitRoundoff;
  return {y, y * (2 * power + (chain_factor(spec.kept) + 1) * kUnitRoundoff)};
}

}  // namespace

template <>
ReferenceEntry reference_entry<CosineAttentionSpec>() {
  return {CosineAttentionSpec::op,
          [](const OpSpec& spec, const OperandData& data, std::int64_t index) {
            return reference(typed_spec<CosineAttentionSpec>(spec), data, index);
          }};
}

}  // namespace vitgen
