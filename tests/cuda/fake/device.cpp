// Devices, contexts, and the driver itself.

#include <unistd.h>

#include <cstdio>

#include "tests/cuda/fake/driver.h"
#include "tests/cuda/fake/state.h"

using namespace vitgen;
using namespace vitgen::rt;
using fake_cuda::Call;
using fake_cuda::Needs;
using fake_cuda::state;

namespace {

// What the runtime never asks for, but programs about devices do (CUdevice_attribute).
constexpr int kMultiprocessors = 16;
constexpr int kBusBits = 37;
constexpr int kL2Bytes = 38;

/// The handle of a device's primary context: a number, and no address.
CudaHandle primary_context(CudaOrdinal device) {
  return reinterpret_cast<CudaHandle>(static_cast<uintptr_t>(device) + 1);
}

bool is_device(CudaOrdinal device) {
  return device >= 0 && static_cast<size_t>(device) < state().devices.size();
}

}  // namespace

CudaResult cuInit(unsigned) {
  const Call call("cuInit", Needs::nothing);
  if (call.refused() != kCudaSuccess) return call.refused();
  // As the real one in a child of a process that has used it.
  if (state().process != 0 && state().process != getpid()) return kCudaNotInitialized;
  if (state().devices.empty()) return kCudaNoDevice;
  state().process = getpid();
  state().retained.resize(state().devices.size());
  return kCudaSuccess;
}

CudaResult cuDriverGetVersion(int* version) {
  const Call call("cuDriverGetVersion", Needs::nothing);
  *version = state().version;
  return call.refused();
}

CudaResult cuGetErrorName(CudaResult result, const char** name) {
  switch (result) {
    case kCudaOutOfMemory:
      *name = "CUDA_ERROR_OUT_OF_MEMORY";
      return kCudaSuccess;
    case kCudaUnsupportedPtxVersion:
      *name = "CUDA_ERROR_UNSUPPORTED_PTX_VERSION";
      return kCudaSuccess;
    case kCudaIllegalAddress:
      *name = "CUDA_ERROR_ILLEGAL_ADDRESS";
      return kCudaSuccess;
    case kCudaLaunchOutOfResources:
      *name = "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES";
      return kCudaSuccess;
    default:
      *name = nullptr;
      return kCudaInvalidValue;
  }
}

CudaResult cuDeviceGetCount(int* count) {
  const Call call("cuDeviceGetCount", Needs::driver);
  *count = static_cast<int>(state().devices.size());
  return call.refused();
}

CudaResult cuDeviceGet(CudaOrdinal* device, int ordinal) {
  const Call call("cuDeviceGet", Needs::driver);
  if (call.refused() != kCudaSuccess) return call.refused();
  if (!is_device(ordinal)) return kCudaInvalidValue;
  *device = ordinal;
  return kCudaSuccess;
}

CudaResult cuDeviceGetAttribute(int* value, int attribute, CudaOrdinal device) {
  const Call call("cuDeviceGetAttribute", Needs::driver);
  if (call.refused() != kCudaSuccess) return call.refused();
  if (!is_device(device)) return kCudaInvalidValue;
  const int capability = state().devices[static_cast<size_t>(device)];
  switch (attribute) {
    case kCudaCapabilityMajor:
      *value = capability / 10;
      return kCudaSuccess;
    case kCudaCapabilityMinor:
      *value = capability % 10;
      return kCudaSuccess;
    case kMultiprocessors:
      *value = 2;
      return kCudaSuccess;
    case kBusBits:
      *value = 64;
      return kCudaSuccess;
    case kL2Bytes:
      *value = 1 << 20;
      return kCudaSuccess;
    default:
      return kCudaInvalidValue;
  }
}

CudaResult cuDeviceGetName(char* name, int bytes, CudaOrdinal device) {
  const Call call("cuDeviceGetName", Needs::driver);
  if (call.refused() != kCudaSuccess) return call.refused();
  if (!is_device(device) || bytes < 1) return kCudaInvalidValue;
  std::snprintf(name, static_cast<size_t>(bytes), "Emulated GPU");
  return kCudaSuccess;
}

CudaResult cuDevicePrimaryCtxRetain(CudaHandle* context, CudaOrdinal device) {
  const Call call("cuDevicePrimaryCtxRetain", Needs::driver);
  if (call.refused() != kCudaSuccess) return call.refused();
  if (!is_device(device)) return kCudaInvalidValue;
  ++state().retained[static_cast<size_t>(device)];
  *context = primary_context(device);
  return kCudaSuccess;
}

CudaResult cuDevicePrimaryCtxRelease_v2(CudaOrdinal device) {
  const Call call("cuDevicePrimaryCtxRelease_v2", Needs::driver);
  if (!is_device(device) || state().retained[static_cast<size_t>(device)] == 0) {
    return kCudaInvalidContext;
  }
  --state().retained[static_cast<size_t>(device)];
  return call.refused();
}

CudaResult cuCtxPushCurrent_v2(CudaHandle context) {
  const Call call("cuCtxPushCurrent_v2", Needs::driver);
  if (call.refused() != kCudaSuccess) return call.refused();
  const auto number = reinterpret_cast<uintptr_t>(context);
  if (number == 0 || number > state().retained.size() || state().retained[number - 1] == 0) {
    return kCudaInvalidContext;
  }
  fake_cuda::pushed_contexts().push_back(context);
  return kCudaSuccess;
}

CudaResult cuCtxPopCurrent_v2(CudaHandle* context) {
  const Call call("cuCtxPopCurrent_v2", Needs::driver);
  if (fake_cuda::pushed_contexts().empty()) return kCudaInvalidContext;
  *context = fake_cuda::pushed_contexts().back();
  fake_cuda::pushed_contexts().pop_back();
  return call.refused();
}
