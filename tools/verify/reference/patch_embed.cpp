#include "generators/ops/patch_embed.h"

#include "tools/verify/reference/storage.h"

namespace vitgen {

namespace {

struct Place {
  std::int64_t b, r, c, j;
};

Place place_of(const PatchEmbedSpec& spec, std::int64_t index) {
  Place p{};
  p.j = index % spec.n;
  index /= spec.n;
  p.c = index % spec.grid_w();
  index /= spec.grid_w();
  p.r = index % spec.grid_h();
  p.b = index / spec.grid_h();
  return p;
}

std::int64_t pixel_index(const PatchEmbedSpec& spec, std::int64_t b, std::int64_t channel,
                         std::int64_t y, std::int64_t x) {
  if (spec.layout == ImageLayout::chw) {
    return ((b * spec.channels + channel) * spec.height + y) * spec.width + x;
  }
  return ((b * spec.height + y) * spec.width + x) * spec.channels + channel;
}

ReferenceValue reference(const PatchEmbedSpec& spec, const OperandData& data, std::int64_t index) {
  const Place p = place_of(spec, index);
  double sum = spec.bias ? data.at(2, p.j) : 0.0;
  double magnitude = std::abs(sum);
  for (std::int64_t k = 0; k < spec.k(); ++k) {
    const std::int64_t px = k % spec.patch_w;
    const std::int64_t py = k / spec.patch_w % spec.patch_h;
    const std::int64_t channel = k / (spec.patch_w * spec.patch_h);
    const std::int64_t packed = ((p.j / spec.panel) * spec.k() + k) * spec.panel + p.j % spec.panel;
    const double pixel = data.at(
        0, pixel_index(spec, p.b, channel, p.r * spec.patch_h + py, p.c * spec.patch_w + px));
    const double product = rounded_to(pixel, spec.storage) * data.at(1, packed);
    sum += product;
    magnitude += std::abs(product);
  }
  const double underflow = spec.k() * 0x1p-149;
  // Tensor cores cut off one u of 16 products, as in linear.cpp beside this.
  const double cut_off = spec.storage == DType::f32 ? 0.0 : spec.k() / 16.0;
  const double factor = chain_factor(spec.k()) + cut_off;
  return {sum, kUnitRoundoff * (factor * magnitude + 2 * std::abs(sum)) + underflow};
}

}  // namespace

template <>
ReferenceEntry reference_entry<PatchEmbedSpec>() {
  return {PatchEmbedSpec::op, [](const OpSpec& spec, const OperandData& data, std::int64_t index) {
            const auto typed = typed_spec<PatchEmbedSpec>(spec);
            return stored(reference(typed, data, index), typed.storage);
          }};
}

}  // namespace vitgen
