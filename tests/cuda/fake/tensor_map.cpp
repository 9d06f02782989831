// Tensor maps, in the form that tests/ptx reads.

#include "tests/ptx/tensor_map.h"

#include <cstring>

#include "tests/cuda/fake/driver.h"
#include "tests/cuda/fake/state.h"

using namespace vitgen;
using namespace vitgen::rt;
using fake_cuda::Call;
using fake_cuda::Needs;

// Needs no context, but the driver.
CudaResult cuTensorMapEncodeTiled(CudaTensorMap* map, int type, uint32_t dims, void* address,
                                  const uint64_t* extents, const uint64_t* strides,
                                  const uint32_t* box, const uint32_t* steps, int interleave,
                                  int swizzle, int promotion, int fill) {
  const Call call("cuTensorMapEncodeTiled", Needs::driver);
  if (call.refused() != kCudaSuccess) return call.refused();
  constexpr uintptr_t kMapAlignment = 64;
  const bool known = type >= kCudaTensorU8 && type <= kCudaTensorU32 && dims >= 1 && dims <= 5 &&
                     interleave == kCudaInterleaveNone &&
                     (swizzle == kCudaSwizzleNone || swizzle == kCudaSwizzle128) &&
                     promotion == kCudaPromoteTo128 && fill == kCudaFillZeros;
  if (!known || reinterpret_cast<uintptr_t>(map) % kMapAlignment != 0) return kCudaInvalidValue;
  ptx::TensorMap made{.dims = static_cast<uint8_t>(dims),
                      .element_bytes = static_cast<uint8_t>(1 << type),
                      .swizzle_bytes = static_cast<uint16_t>(swizzle == kCudaSwizzle128 ? 128 : 0),
                      .address = reinterpret_cast<uint64_t>(address)};
  for (uint32_t d = 0; d < dims; ++d) {
    if (steps[d] != 1 || extents[d] > UINT32_MAX) return kCudaInvalidValue;
    made.extents[d] = static_cast<uint32_t>(extents[d]);
    made.box[d] = box[d];
    if (d > 0) made.strides[d - 1] = strides[d - 1];
  }
  if (!is_legal(made)) return kCudaInvalidValue;
  static_assert(sizeof made == sizeof *map);
  memcpy(map, &made, sizeof made);
  return kCudaSuccess;
}
