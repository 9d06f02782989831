#pragma once
// A convolution on a window of pixels as the linear map that it is.

#include "generators/plan/tensor_expr.h"
#include "generators/plan/tensor_functions.h"
#include "generators/weights/tensor_info.h"

namespace vitgen {

/// {outputs_h outputs_w n, channels, height, width} for a kernel {n, channels, h, w}.
Shape windowed_shape(const Shape& kernel, const tensors::ConvWindow& window);

/// w'[(r outputs_w + q) n + j][c][y][x] = w[j][c][y - r stride - first][x - q stride - first], zero
/// where that lies outside of the kernel.
HostTensor windowed_kernel(const HostTensor& kernel, const tensors::ConvWindow& window);

}  // namespace vitgen
