#include "generators/ops/series_patches.h"

#include <algorithm>

#include "tools/verify/reference/series.h"
#include "tools/verify/reference/storage.h"

namespace vitgen {

namespace {

// z = (x - mean) / deviation * gain + bias: the difference is off by the mean's error and u, the
// quotient by the deviation's relative error and u besides, product and sum by u each.
ReferenceValue reference(const SeriesPatchesSpec& spec, const OperandData& data,
                         std::int64_t index) {
  const std::int64_t p = index % spec.patch;
  const std::int64_t t = index / spec.patch % spec.patches();
  const std::int64_t series = index / spec.patch / spec.patches();
  const std::int64_t v = series % spec.variables;
  const std::int64_t b = series / spec.variables;
  const auto at = [&](std::int64_t i) {
    return data.at(0, (b * spec.length + i) * spec.variables + v);
  };
  const SeriesMoments moments = series_moments(spec.length, spec.eps, at);
  const double centred =
      at(std::min<std::int64_t>(t * spec.stride + p, spec.length - 1)) - moments.mean.value;
  const double quotient = centred / moments.deviation.value;
  const double gain = data.at(1, v);
  const double bias = data.at(2, v);
  const double u = kUnitRoundoff;
  const double quotient_error =
      (moments.mean.bound + u * std::abs(centred)) / moments.deviation.value +
      std::abs(quotient) * (moments.deviation.bound / moments.deviation.value + u);
  const double y = quotient * gain + bias;
  // Products of errors are below the second of u's.
  return {y, (1 + 4 * u) * (std::abs(gain) * quotient_error) +
                 2 * u * (std::abs(quotient * gain) + std::abs(y))};
}

}  // namespace

template <>
ReferenceEntry reference_entry<SeriesPatchesSpec>() {
  return {SeriesPatchesSpec::op,
          [](const OpSpec& spec, const OperandData& data, std::int64_t index) {
            const auto typed = typed_spec<SeriesPatchesSpec>(spec);
            return stored(reference(typed, data, index), typed.storage);
          }};
}

}  // namespace vitgen
