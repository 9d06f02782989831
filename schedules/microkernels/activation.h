#pragma once
// What a kernel on a GPU does to a sum while it is in registers.

#include <cstdint>

namespace vitgen::microkernels {

enum class DeviceActivation : std::uint8_t {
  none,
  gelu_erf,
  gelu_tanh,
  quick_gelu,
  relu,
  silu,
  tanh
};

}  // namespace vitgen::microkernels
