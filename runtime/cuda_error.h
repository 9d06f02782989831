#pragma once
// From the driver's results to the codes of the API.

#include "runtime/api.h"
#include "runtime/cuda_driver.h"

namespace vitgen::rt {

/// E_DEVICE_MEMORY, E_DEVICE_LOST, or `otherwise`.
int cuda_code(CudaResult result, int otherwise);

/// The same, after "`what`: CUDA_ERROR_..." went into `why`.
int cuda_error(const CudaDriver& driver, CudaResult result, int otherwise, const char* what,
               Text& why);

/// OK without a text for success.
inline int cuda_check(const CudaDriver& driver, CudaResult result, int otherwise, const char* what,
                      Text& why) {
  return result == kCudaSuccess ? VITGEN_API_OK : cuda_error(driver, result, otherwise, what, why);
}

}  // namespace vitgen::rt
