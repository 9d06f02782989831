#include "generators/ops/series_forecast.h"

#include "tools/verify/reference/series.h"

namespace vitgen {

namespace {

ReferenceValue reference(const SeriesForecastSpec& spec, const OperandData& data,
                         std::int64_t index) {
  const std::int64_t v = index % spec.variables;
  const std::int64_t f = index / spec.variables % spec.horizon;
  const std::int64_t b = index / spec.variables / spec.horizon;
  const SeriesMoments moments = series_moments(spec.length, spec.eps, [&](std::int64_t i) {
    return data.at(1, (b * spec.length + i) * spec.variables + v);
  });
  const double gain = data.at(2, v);
  const double bias = data.at(3, v);
  const double forecast = data.at(0, (b * spec.variables + v) * spec.horizon + f);
  const double guard = static_cast<double>(spec.eps * spec.eps);
  const double divisor = gain + guard;
  const double scaled = (forecast - bias) / divisor;
  const double u = kUnitRoundoff;
  // Difference, divisor and quotient are off by u each; the divisor's share is relative to its own
  // terms, which may cancel.
  const double divisor_error = u * (std::abs(divisor) + guard);
  const double scaled_error = std::abs(scaled) * (2 * u + divisor_error / std::abs(divisor));
  const double y = scaled * moments.deviation.value + moments.mean.value;
  return {y, (1 + 4 * u) * (scaled_error * moments.deviation.value +
                            std::abs(scaled) * moments.deviation.bound) +
                 moments.mean.bound + u * std::abs(scaled * moments.deviation.value) +
                 u * std::abs(y)};
}

}  // namespace

template <>
ReferenceEntry reference_entry<SeriesForecastSpec>() {
  return {SeriesForecastSpec::op,
          [](const OpSpec& spec, const OperandData& data, std::int64_t index) {
            return reference(typed_spec<SeriesForecastSpec>(spec), data, index);
          }};
}

}  // namespace vitgen
