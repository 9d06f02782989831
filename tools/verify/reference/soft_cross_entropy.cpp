#include "generators/ops/soft_cross_entropy.h"

#include "tools/verify/reference/rank.h"

namespace vitgen {

namespace {

struct Entropy {
  double value = 0;
  double error = 0;
  bool hit = true;
};

// z - top is off by u |z - top|, its power by twice that and 2 u; the sum S of the powers adds
// c(n) u, its logarithm the relative error of S and 4 u of itself. The mass adds c(n) u, and the
// product of the two 2 u; the sum of y (z - top) is off by (c(n) + 1) u of its magnitudes.
Entropy entropy(const SoftCrossEntropySpec& spec, const OperandData& data, std::int64_t row) {
  const std::int64_t label = index_of(data.at(1, row), spec.classes);
  const std::size_t targets = data.size() - 2;
  const auto z = [&](std::int64_t c) { return data.at(0, row * spec.classes + c); };
  const auto y = [&](std::int64_t c) { return data.at(targets, label * spec.classes + c); };
  double top = z(0);
  for (std::int64_t c = 1; c < spec.classes; ++c) top = std::max(top, z(c));
  Entropy out;
  double sum = 0, mass = 0, masses = 0, product = 0, products = 0, farthest = 0;
  for (std::int64_t c = 0; c < spec.classes; ++c) {
    const double below = z(c) - top;
    farthest = std::max(farthest, below > -88 ? -below : 88);
    sum += std::exp(below);
    mass += y(c);
    masses += std::abs(y(c));
    product += y(c) * below;
    products += std::abs(y(c) * below);
    if (z(c) > z(label) || (z(c) == z(label) && c < label)) out.hit = false;
  }
  const double chain = chain_factor(spec.classes) * kUnitRoundoff;
  const double log_error =
      chain + (2 * farthest + 2) * kUnitRoundoff + 4 * kUnitRoundoff * std::log(sum);
  out.value = std::log(sum) * mass - product;
  out.error = masses * log_error + std::log(sum) * masses * (chain + 2 * kUnitRoundoff) +
              (chain + 2 * kUnitRoundoff) * products + kUnitRoundoff * std::abs(out.value);
  return out;
}

ReferenceValue reference(const SoftCrossEntropySpec& spec, const OperandData& data,
                         std::int64_t index) {
  const std::int64_t b = index / 3;
  const KeyRow keys{data, 2, b * spec.rows, spec.rows};
  double sum = 0, magnitude = 0, error = 0;
  for (std::int64_t r = 0; r < spec.rows; ++r) {
    if (keys.rank(r) < spec.visible) continue;
    const double w = spec.attention ? data.at(3, b * spec.rows + r) : 1;
    const Entropy ce = entropy(spec, data, b * spec.rows + r);
    const double term = index % 3 == 0 ? w * ce.value : index % 3 == 1 || ce.hit ? w : 0;
    sum += term;
    magnitude += std::abs(term);
    if (index % 3 == 0) error += std::abs(w) * ce.error;
  }
  return {sum, error + (chain_factor(spec.rows) + 1) * kUnitRoundoff * magnitude};
}

}  // namespace

template <>
ReferenceEntry reference_entry<SoftCrossEntropySpec>() {
  return {SoftCrossEntropySpec::op,
          [](const OpSpec& spec, const OperandData& data, std::int64_t index) {
            return reference(typed_spec<SoftCrossEntropySpec>(spec), data, index);
          }};
}

}  // namespace vitgen
