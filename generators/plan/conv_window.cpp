#include "generators/plan/conv_window.h"

#include <algorithm>

#include "generators/plan/tensor_table.h"

namespace vitgen {

namespace {

/// The part of an axis of the kernel that lies inside the window.
struct Overlap {
  std::int64_t from = 0;   ///< in the kernel
  std::int64_t count = 0;  ///< may be 0
  std::int64_t at = 0;     ///< in the window
};

Overlap overlap(std::int64_t kernel, std::int64_t window, std::int64_t begin) {
  const std::int64_t from = std::max<std::int64_t>(-begin, 0);
  const std::int64_t end = std::min(kernel, window - begin);
  return {from, std::max<std::int64_t>(end - from, 0), begin + from};
}

/// One plane of the kernel, {h, w}, into one of the window.
void place(const float* kernel, const Shape& shape, const tensors::ConvWindow& window,
           const Overlap& rows, const Overlap& columns, float* out) {
  for (std::int64_t y = 0; y < rows.count; ++y) {
    std::copy_n(kernel + (rows.from + y) * shape[3] + columns.from, columns.count,
                out + (rows.at + y) * window.width + columns.at);
  }
}

}  // namespace

Shape windowed_shape(const Shape& kernel, const tensors::ConvWindow& window) {
  return {window.outputs_h * window.outputs_w * kernel[0], kernel[1], window.height, window.width};
}

HostTensor windowed_kernel(const HostTensor& kernel, const tensors::ConvWindow& window) {
  const Shape& shape = kernel.shape;
  HostTensor out{windowed_shape(shape, window), {}};
  out.values.resize(static_cast<std::size_t>(element_total(out.shape)), 0.0f);
  const std::int64_t planes = shape[0] * shape[1];
  float* to = out.values.data();
  for (std::int64_t r = 0; r < window.outputs_h; ++r) {
    const Overlap rows = overlap(shape[2], window.height, r * window.stride + window.first);
    for (std::int64_t q = 0; q < window.outputs_w; ++q) {
      const Overlap columns = overlap(shape[3], window.width, q * window.stride + window.first);
      for (std::int64_t p = 0; p < planes; ++p) {
        place(kernel.values.data() + p * shape[2] * shape[3], shape, window, rows, columns, to);
        to += window.height * window.width;
      }
    }
  }
  return out;
}

}  // namespace vitgen
