#pragma once
// One GPU: the driver, the device's number, and its primary context, which is the one that the CUDA
// runtime and so PyTorch use: their pointers and streams are valid in it.

#include "runtime/cuda_driver.h"
#include "runtime/table.h"

namespace vitgen::rt {

struct CudaDevice {
  CudaDriver driver;
  CudaOrdinal device = 0;
  uint32_t capability = 0;       ///< 10 major + minor
  CudaHandle context = nullptr;  ///< retained
};

/// The device `ordinal` if it fits `isa`: OK, or E_DEVICE, E_DEVICE_MEMORY or E_DEVICE_LOST with
/// the reason. `device` needs cuda_device_close in all cases.
int cuda_device_open(const vitgen_isa& isa, int ordinal, CudaDevice& device, Text& why);
void cuda_device_close(CudaDevice& device);

/// Makes the context current until cuda_leave, which brings the caller's own one back. Only after
/// OK cuda_leave may be called.
int cuda_enter(const CudaDevice& device, Text& why);
void cuda_leave(const CudaDevice& device);

}  // namespace vitgen::rt
