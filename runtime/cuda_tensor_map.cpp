#include "runtime/cuda_tensor_map.h"

namespace vitgen::rt {
namespace {

/// Zeros are zeros in every type: elements are copied as bits.
int type_of(uint32_t element_bytes) {
  if (element_bytes == 1) return kCudaTensorU8;
  return element_bytes == 2 ? kCudaTensorU16 : kCudaTensorU32;
}

}  // namespace

uint32_t count_maps(const vitgen_device_kernel& kernel) {
  uint32_t count = 0;
  for (uint32_t l = 0; l < kernel.launch_count; ++l) {
    const vitgen_launch& launch = kernel.launches[l];
    for (uint32_t a = 0; a < launch.argument_count; ++a) {
      if (launch.arguments[a].kind == VITGEN_ARGUMENT_TENSOR_MAP) ++count;
    }
  }
  return count;
}

CudaResult cuda_encode_map(const CudaDriver& driver, const vitgen_tensor_map& map,
                           CudaAddress address, CudaTensorMap& out) {
  const uint32_t steps[VITGEN_MAX_MAP_DIMS] = {1, 1, 1, 1, 1};
  // The driver takes the strides from the second dimension on.
  return driver.cuTensorMapEncodeTiled(&out, type_of(map.element_bytes), map.dims,
                                       reinterpret_cast<void*>(address), map.extents,
                                       map.strides + 1, map.box, steps, kCudaInterleaveNone,
                                       map.swizzle_bytes == 0 ? kCudaSwizzleNone : kCudaSwizzle128,
                                       kCudaPromoteTo128, kCudaFillZeros);
}

}  // namespace vitgen::rt
