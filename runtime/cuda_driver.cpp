#include "runtime/cuda_driver.h"

#include <dlfcn.h>

#include "runtime/cuda_error.h"

namespace vitgen::rt {
namespace {

/// The version that brought the youngest symbol below, cuGraphInstantiateWithFlags.
enum : int { kLeastVersion = 11040 };

/// Looks symbols up and keeps the first that is missing and must be there.
struct Finder {
  void* library;
  const char* missing;

  template <class Function>
  void if_any(const char* name, Function*& function) const {
    function = reinterpret_cast<Function*>(dlsym(library, name));
  }

  template <class Function>
  void operator()(const char* name, Function*& function) {
    if_any(name, function);
    if (function == nullptr && missing == nullptr) missing = name;
  }
};

void find_device(Finder& find, CudaDriver& driver) {
  find("cuInit", driver.cuInit);
  find("cuDriverGetVersion", driver.cuDriverGetVersion);
  find("cuGetErrorName", driver.cuGetErrorName);
  find("cuDeviceGetCount", driver.cuDeviceGetCount);
  find("cuDeviceGet", driver.cuDeviceGet);
  find("cuDeviceGetAttribute", driver.cuDeviceGetAttribute);
  find("cuDevicePrimaryCtxRetain", driver.cuDevicePrimaryCtxRetain);
  find("cuDevicePrimaryCtxRelease_v2", driver.cuDevicePrimaryCtxRelease_v2);
  find("cuCtxPushCurrent_v2", driver.cuCtxPushCurrent_v2);
  find("cuCtxPopCurrent_v2", driver.cuCtxPopCurrent_v2);
}

void find_memory(Finder& find, CudaDriver& driver) {
  find("cuModuleLoadData", driver.cuModuleLoadData);
  find("cuModuleUnload", driver.cuModuleUnload);
  find("cuModuleGetFunction", driver.cuModuleGetFunction);
  find("cuFuncGetAttribute", driver.cuFuncGetAttribute);
  find("cuFuncSetAttribute", driver.cuFuncSetAttribute);
  find("cuMemAlloc_v2", driver.cuMemAlloc_v2);
  find("cuMemFree_v2", driver.cuMemFree_v2);
  find("cuMemcpyHtoD_v2", driver.cuMemcpyHtoD_v2);
  find("cuMemcpyDtoH_v2", driver.cuMemcpyDtoH_v2);
  find("cuMemcpyHtoDAsync_v2", driver.cuMemcpyHtoDAsync_v2);
  find("cuMemcpyDtoHAsync_v2", driver.cuMemcpyDtoHAsync_v2);
  find("cuMemcpyDtoDAsync_v2", driver.cuMemcpyDtoDAsync_v2);
}

void find_work(Finder& find, CudaDriver& driver) {
  find("cuStreamCreate", driver.cuStreamCreate);
  find("cuStreamDestroy_v2", driver.cuStreamDestroy_v2);
  find("cuStreamSynchronize", driver.cuStreamSynchronize);
  find("cuStreamWaitEvent", driver.cuStreamWaitEvent);
  find("cuEventCreate", driver.cuEventCreate);
  find("cuEventDestroy_v2", driver.cuEventDestroy_v2);
  find("cuEventRecord", driver.cuEventRecord);
  find("cuEventSynchronize", driver.cuEventSynchronize);
  find("cuEventElapsedTime", driver.cuEventElapsedTime);
  find("cuLaunchKernel", driver.cuLaunchKernel);
  find("cuStreamBeginCapture_v2", driver.cuStreamBeginCapture_v2);
  find("cuStreamEndCapture", driver.cuStreamEndCapture);
  find("cuGraphInstantiateWithFlags", driver.cuGraphInstantiateWithFlags);
  find("cuGraphUpload", driver.cuGraphUpload);
  find("cuGraphLaunch", driver.cuGraphLaunch);
  find("cuGraphDestroy", driver.cuGraphDestroy);
  find("cuGraphExecDestroy", driver.cuGraphExecDestroy);
  find.if_any("cuTensorMapEncodeTiled", driver.cuTensorMapEncodeTiled);
}

int check_version(CudaDriver& driver, const char* missing, Text& why) {
  const bool asked = driver.cuDriverGetVersion != nullptr &&
                     driver.cuDriverGetVersion(&driver.version) == kCudaSuccess;
  if (asked && driver.version >= kLeastVersion && missing == nullptr) return VITGEN_API_OK;
  why << "the driver is too old: it ";
  if (asked && driver.version < kLeastVersion) {
    why << "supports ";
    put_cuda_version(why, driver.version) << ", needed is ";
    put_cuda_version(why, kLeastVersion);
  } else {
    why << "lacks " << (missing != nullptr ? missing : "its version");
  }
  return VITGEN_API_E_DEVICE;
}

}  // namespace

int cuda_driver_open(CudaDriver& driver, Text& why) {
  driver = {};
  // It has threads and exit handlers of its own, so it must stay when the last handle is closed.
  driver.library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (driver.library == nullptr) {
    why << "no driver (libcuda.so.1) can be loaded; is NVIDIA's driver installed?";
    return VITGEN_API_E_DEVICE;
  }
  Finder find = {driver.library, nullptr};
  find_device(find, driver);
  find_memory(find, driver);
  find_work(find, driver);
  const int code = check_version(driver, find.missing, why);
  if (code != VITGEN_API_OK) return code;
  const CudaResult result = driver.cuInit(0);
  if (result == kCudaSuccess) return VITGEN_API_OK;
  if (result == kCudaNoDevice) {
    why << "the driver finds none";
    return VITGEN_API_E_DEVICE;
  }
  return cuda_error(driver, result, VITGEN_API_E_DEVICE, "cuInit", why);
}

void cuda_driver_close(CudaDriver& driver) {
  if (driver.library != nullptr) dlclose(driver.library);
  driver.library = nullptr;
}

Text& put_cuda_version(Text& text, int version) {
  return text << "CUDA " << version / 1000 << "." << version % 1000 / 10;
}

}  // namespace vitgen::rt
