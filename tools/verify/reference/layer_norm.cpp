#include "generators/ops/layer_norm.h"

#include "tools/verify/reference/storage.h"

namespace vitgen {

namespace {

// Bound: with kappa = mean|x| / std and z the normalised value, two passes are off by
// c(n) u |gain| (kappa + |z|) before the affine map. A mean that is off by c(n) u mean|x| moves
// both terms; n is the width, since the longest chain is what a kernel without lanes has.
ReferenceValue reference(const LayerNormSpec& spec, const OperandData& data, std::int64_t index) {
  const std::int64_t row = index / spec.width;
  const std::int64_t c = index % spec.width;
  double mean = 0;
  double magnitude = 0;
  for (std::int64_t k = 0; k < spec.width; ++k) {
    const double x = data.at(0, row * spec.width + k);
    mean += x;
    magnitude += std::abs(x);
  }
  mean /= spec.width;
  magnitude /= spec.width;
  double variance = 0;
  for (std::int64_t k = 0; k < spec.width; ++k) {
    const double centred = data.at(0, row * spec.width + k) - mean;
    variance += centred * centred;
  }
  variance /= spec.width;
  const double std_eps = std::sqrt(variance + static_cast<double>(spec.eps));
  const double x = data.at(0, index);
  const double z = (x - mean) / std_eps;
  const double gain = spec.affine ? data.at(1, c) : 1.0;
  const double bias = spec.affine ? data.at(2, c) : 0.0;
  const double y = z * gain + bias;
  const double kappa = magnitude / std_eps;
  const double bound =
      kUnitRoundoff * (chain_factor(spec.width) * std::abs(gain) * (kappa + std::abs(z)) +
                       2 * (std::abs(gain * z) + std::abs(bias)));
  return {y, bound};
}

}  // namespace

template <>
ReferenceEntry reference_entry<LayerNormSpec>() {
  return {LayerNormSpec::op, [](const OpSpec& spec, const OperandData& data, std::int64_t index) {
            const auto typed = typed_spec<LayerNormSpec>(spec);
            return stored(reference(typed, data, index), typed.storage);
          }};
}

}  // namespace vitgen
