#include "runtime/cuda_device.h"

#include "runtime/cuda_error.h"

namespace vitgen::rt {
namespace {

int find(CudaDevice& device, int ordinal, Text& why) {
  const CudaDriver& driver = device.driver;
  int count = 0;
  const CudaResult result = driver.cuDeviceGetCount(&count);
  if (result != kCudaSuccess) {
    return cuda_error(driver, result, VITGEN_API_E_DEVICE, "cuDeviceGetCount", why);
  }
  if (ordinal >= count) {
    why << "device " << ordinal << " is asked for, the driver finds " << count;
    return VITGEN_API_E_DEVICE;
  }
  return cuda_check(driver, driver.cuDeviceGet(&device.device, ordinal), VITGEN_API_E_DEVICE,
                    "cuDeviceGet", why);
}

int read_capability(CudaDevice& device, Text& why) {
  const CudaDriver& driver = device.driver;
  int major = 0;
  int minor = 0;
  CudaResult result = driver.cuDeviceGetAttribute(&major, kCudaCapabilityMajor, device.device);
  if (result == kCudaSuccess) {
    result = driver.cuDeviceGetAttribute(&minor, kCudaCapabilityMinor, device.device);
  }
  device.capability = static_cast<uint32_t>(10 * major + minor);
  return cuda_check(driver, result, VITGEN_API_E_DEVICE, "cuDeviceGetAttribute", why);
}

int check_capability(const vitgen_isa& isa, const CudaDevice& device, Text& why) {
  const bool fits = isa.only_capability != 0 ? device.capability == isa.only_capability
                                             : device.capability >= isa.capability;
  if (fits) return VITGEN_API_OK;
  const uint32_t wanted = isa.only_capability != 0 ? isa.only_capability : isa.capability;
  why << "compute capability " << wanted / 10 << "." << wanted % 10
      << (isa.only_capability != 0 ? "" : " or later") << ", device " << device.device << " has "
      << device.capability / 10 << "." << device.capability % 10;
  return VITGEN_API_E_DEVICE;
}

}  // namespace

int cuda_device_open(const vitgen_isa& isa, int ordinal, CudaDevice& device, Text& why) {
  device = {};
  int code = cuda_driver_open(device.driver, why);
  if (code == VITGEN_API_OK) code = find(device, ordinal, why);
  if (code == VITGEN_API_OK) code = read_capability(device, why);
  if (code == VITGEN_API_OK) code = check_capability(isa, device, why);
  if (code != VITGEN_API_OK) return code;
  const CudaResult result = device.driver.cuDevicePrimaryCtxRetain(&device.context, device.device);
  if (result != kCudaSuccess) device.context = nullptr;
  return cuda_check(device.driver, result, VITGEN_API_E_DEVICE, "cuDevicePrimaryCtxRetain", why);
}

void cuda_device_close(CudaDevice& device) {
  if (device.context != nullptr) device.driver.cuDevicePrimaryCtxRelease_v2(device.device);
  device.context = nullptr;
  cuda_driver_close(device.driver);
}

int cuda_enter(const CudaDevice& device, Text& why) {
  return cuda_check(device.driver, device.driver.cuCtxPushCurrent_v2(device.context),
                    VITGEN_API_E_DEVICE_LOST, "cuCtxPushCurrent", why);
}

void cuda_leave(const CudaDevice& device) {
  CudaHandle popped;
  device.driver.cuCtxPopCurrent_v2(&popped);
}

}  // namespace vitgen::rt
