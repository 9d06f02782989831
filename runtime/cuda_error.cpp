#include "runtime/cuda_error.h"

namespace vitgen::rt {

int cuda_code(CudaResult result, int otherwise) {
  switch (result) {
    case kCudaOutOfMemory:
      return VITGEN_API_E_DEVICE_MEMORY;
    // After these the driver answers every call on the context with the same result.
    case kCudaDeinitialized:
    case kCudaInvalidContext:
    case kCudaEccUncorrectable:
    case kCudaNvlinkUncorrectable:
    case kCudaContained:
    case kCudaIllegalAddress:
    case kCudaLaunchTimeout:
    case kCudaContextIsDestroyed:
    case kCudaAssert:
    case kCudaHardwareStackError:
    case kCudaIllegalInstruction:
    case kCudaMisalignedAddress:
    case kCudaInvalidAddressSpace:
    case kCudaInvalidPc:
    case kCudaLaunchFailed:
    case kCudaTensorMemoryLeak:
    case kCudaMpsClientTerminated:
    case kCudaExternalDevice:
      return VITGEN_API_E_DEVICE_LOST;
    default:
      return otherwise;
  }
}

int cuda_error(const CudaDriver& driver, CudaResult result, int otherwise, const char* what,
               Text& why) {
  const char* name = nullptr;
  why << what << ": ";
  if (driver.cuGetErrorName(result, &name) == kCudaSuccess && name != nullptr) {
    why << name;
  } else {
    why << "CUDA error " << int{result};
  }
  return cuda_code(result, otherwise);
}

}  // namespace vitgen::rt
