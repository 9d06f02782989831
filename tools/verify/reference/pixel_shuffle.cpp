#include "generators/ops/pixel_shuffle.h"

#include "tools/verify/reference/reference.h"

namespace vitgen {

namespace {

// A copy is exact.
ReferenceValue reference(const PixelShuffleSpec& spec, const OperandData& data,
                         std::int64_t index) {
  const std::int64_t s = spec.stride;
  const std::int64_t x = index % spec.width();
  const std::int64_t y = index / spec.width() % spec.height();
  const std::int64_t plane = index / spec.width() / spec.height();
  const std::int64_t c = plane % spec.channels;
  const std::int64_t b = plane / spec.channels;
  const std::int64_t token = spec.prefix + y / s * spec.grid_w + x / s;
  return {data.at(0, (b * spec.tokens() + token) * spec.row() + (c * s + y % s) * s + x % s), 0};
}

}  // namespace

template <>
ReferenceEntry reference_entry<PixelShuffleSpec>() {
  return {PixelShuffleSpec::op,
          [](const OpSpec& spec, const OperandData& data, std::int64_t index) {
            return reference(typed_spec<PixelShuffleSpec>(spec), data, index);
          }};
}

}  // namespace vitgen
