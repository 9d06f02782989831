#include "generators/ops/image_windows.h"

#include "tools/verify/reference/storage.h"

namespace vitgen {

namespace {

// A copy is exact.
ReferenceValue reference(const ImageWindowsSpec& spec, const OperandData& data,
                         std::int64_t index) {
  const std::int64_t k = index % spec.row();
  const std::int64_t window = index / spec.row();
  const std::int64_t px = k % spec.window_w;
  const std::int64_t py = k / spec.window_w % spec.window_h;
  const std::int64_t channel = k / spec.window_w / spec.window_h;
  const std::int64_t x = window % spec.grid_w() * spec.stride_w + px - spec.before;
  const std::int64_t y = window / spec.grid_w() % spec.grid_h() * spec.stride_h + py - spec.before;
  const std::int64_t image = window / spec.grid_w() / spec.grid_h();
  if (k >= spec.k() || x < 0 || x >= spec.width || y < 0 || y >= spec.height) return {0, 0};
  const std::int64_t at =
      spec.layout == ImageLayout::chw
          ? ((image * spec.channels + channel) * spec.height + y) * spec.width + x
          : ((image * spec.height + y) * spec.width + x) * spec.channels + channel;
  return {data.at(0, at), 0};
}

}  // namespace

template <>
ReferenceEntry reference_entry<ImageWindowsSpec>() {
  return {ImageWindowsSpec::op,
          [](const OpSpec& spec, const OperandData& data, std::int64_t index) {
            const auto typed = typed_spec<ImageWindowsSpec>(spec);
            return stored(reference(typed, data, index), typed.storage);
          }};
}

}  // namespace vitgen
