#include "runtime/cuda_code.h"

#include "runtime/cuda_error.h"
#include "runtime/cuda_tensor_map.h"

namespace vitgen::rt {
namespace {

/// The driver cannot use such code, another one of the kernel may do: a cubin for other hardware,
/// or PTX that is newer than the driver or that it has no compiler for.
bool not_taken(CudaResult result) {
  switch (result) {
    case kCudaInvalidImage:
    case kCudaNoBinaryForGpu:
    case kCudaInvalidPtx:
    case kCudaJitCompilerNotFound:
    case kCudaUnsupportedPtxVersion:
    case kCudaJitCompilationDisabled:
    case kCudaInvalidSource:
      return true;
    default:
      return false;
  }
}

CudaModule find_loaded(const CudaModel& model, const void* bytes) {
  for (uint32_t i = 0; i < model.loaded_count; ++i) {
    if (model.loaded[i].bytes == bytes) return model.loaded[i].module;
  }
  return nullptr;
}

CudaResult load_code(CudaModel& model, const vitgen_device_code& code, CudaModule& module) {
  module = find_loaded(model, code.bytes);
  if (module != nullptr) return kCudaSuccess;
  const CudaResult result = model.device.driver.cuModuleLoadData(&module, code.bytes);
  if (result == kCudaSuccess) model.loaded[model.loaded_count++] = {code.bytes, module};
  return result;
}

int load_module(CudaModel& model, uint32_t number, CudaModule& module, Text& why) {
  const CudaDriver& driver = model.device.driver;
  const vitgen_device_kernel& kernel = device_kernel(model, number);
  CudaResult result = kCudaNoBinaryForGpu;
  for (uint32_t c = 0; c < kernel.code_count && not_taken(result); ++c) {
    if (!code_fits(kernel.codes[c], model.device.capability)) continue;
    result = load_code(model, kernel.codes[c], module);
  }
  if (result == kCudaSuccess) return VITGEN_API_OK;
  why << "its driver (";
  put_cuda_version(why, driver.version)
      << ") does not take kernel " << model.table->kernels[number].name << ": ";
  return cuda_error(driver, result, VITGEN_API_E_DEVICE, "cuModuleLoadData", why);
}

/// The limit is one of the function, which other launches may share, so it is only raised.
CudaResult raise_shared_limit(const CudaDriver& driver, CudaFunction function, int bytes) {
  int limit = 0;
  const CudaResult result = driver.cuFuncGetAttribute(&limit, kCudaMaxDynamicSharedBytes, function);
  if (result != kCudaSuccess || bytes <= limit) return result;
  return driver.cuFuncSetAttribute(function, kCudaMaxDynamicSharedBytes, bytes);
}

int find_function(CudaModel& model, CudaModule module, const vitgen_launch& launch,
                  CudaFunction& function, Text& why) {
  const CudaDriver& driver = model.device.driver;
  CudaResult result = driver.cuModuleGetFunction(&function, module, launch.entry);
  if (result != kCudaSuccess) {
    why << "entry " << launch.entry << ": ";
    return cuda_error(driver, result, VITGEN_API_E_DEVICE, "cuModuleGetFunction", why);
  }
  result = raise_shared_limit(driver, function, static_cast<int>(launch.shared_bytes));
  if (result == kCudaSuccess) return VITGEN_API_OK;
  why << launch.shared_bytes << " bytes of shared memory for " << launch.entry << ": ";
  return cuda_error(driver, result, VITGEN_API_E_DEVICE, "cuFuncSetAttribute", why);
}

/// A driver that takes code with bulk copies encodes their maps: both came with CUDA 12.
int check_maps(const CudaModel& model, uint32_t number, Text& why) {
  const CudaDriver& driver = model.device.driver;
  if (driver.cuTensorMapEncodeTiled != nullptr) return VITGEN_API_OK;
  if (count_maps(device_kernel(model, number)) == 0) return VITGEN_API_OK;
  why << "its driver (";
  put_cuda_version(why, driver.version)
      << ") lacks cuTensorMapEncodeTiled, for kernel " << model.table->kernels[number].name;
  return VITGEN_API_E_DEVICE;
}

}  // namespace

bool code_fits(const vitgen_device_code& code, uint32_t capability) {
  if (code.capability > capability) return false;
  return code.is_cubin == 0 || code.capability / 10 == capability / 10;
}

int cuda_load_kernels(CudaModel& model, Text& why) {
  uint32_t next = 0;
  for (uint32_t k = 0; k < model.table->kernel_count; ++k) {
    CudaModule module = nullptr;
    int code = check_maps(model, k, why);
    if (code == VITGEN_API_OK) code = load_module(model, k, module, why);
    model.first_function[k] = next;
    const vitgen_device_kernel& kernel = device_kernel(model, k);
    for (uint32_t l = 0; l < kernel.launch_count && code == VITGEN_API_OK; ++l) {
      code = find_function(model, module, kernel.launches[l], model.functions[next++], why);
    }
    if (code != VITGEN_API_OK) return code;
  }
  return VITGEN_API_OK;
}

}  // namespace vitgen::rt
