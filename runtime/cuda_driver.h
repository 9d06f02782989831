#pragma once
// The CUDA driver, opened when a model asks for a GPU: the program links and starts without one.

#include "runtime/cuda_abi.h"
#include "runtime/text.h"

namespace vitgen::rt {

/// The driver's functions by their symbols; `library` is null before cuda_driver_open.
struct CudaDriver {
  void* library = nullptr;
  int version = 0;  ///< of CUDA that it supports at most, 1000 major + 10 minor

  CudaResult (*cuInit)(unsigned flags);
  CudaResult (*cuDriverGetVersion)(int* version);
  CudaResult (*cuGetErrorName)(CudaResult result, const char** name);
  CudaResult (*cuDeviceGetCount)(int* count);
  CudaResult (*cuDeviceGet)(CudaOrdinal* device, int ordinal);
  CudaResult (*cuDeviceGetAttribute)(int* value, int attribute, CudaOrdinal device);
  CudaResult (*cuDevicePrimaryCtxRetain)(CudaHandle* context, CudaOrdinal device);
  CudaResult (*cuDevicePrimaryCtxRelease_v2)(CudaOrdinal device);
  CudaResult (*cuCtxPushCurrent_v2)(CudaHandle context);
  CudaResult (*cuCtxPopCurrent_v2)(CudaHandle* context);

  CudaResult (*cuModuleLoadData)(CudaModule* module, const void* image);
  CudaResult (*cuModuleUnload)(CudaModule module);
  CudaResult (*cuModuleGetFunction)(CudaFunction* function, CudaModule module, const char* name);
  CudaResult (*cuFuncGetAttribute)(int* value, int attribute, CudaFunction function);
  CudaResult (*cuFuncSetAttribute)(CudaFunction function, int attribute, int value);

  CudaResult (*cuMemAlloc_v2)(CudaAddress* address, size_t bytes);
  CudaResult (*cuMemFree_v2)(CudaAddress address);
  CudaResult (*cuMemcpyHtoD_v2)(CudaAddress to, const void* from, size_t bytes);
  CudaResult (*cuMemcpyDtoH_v2)(void* to, CudaAddress from, size_t bytes);
  CudaResult (*cuMemcpyHtoDAsync_v2)(CudaAddress to, const void* from, size_t bytes,
                                     CudaStream stream);
  CudaResult (*cuMemcpyDtoHAsync_v2)(void* to, CudaAddress from, size_t bytes, CudaStream stream);
  CudaResult (*cuMemcpyDtoDAsync_v2)(CudaAddress to, CudaAddress from, size_t bytes,
                                     CudaStream stream);

  CudaResult (*cuStreamCreate)(CudaStream* stream, unsigned flags);
  CudaResult (*cuStreamDestroy_v2)(CudaStream stream);
  CudaResult (*cuStreamSynchronize)(CudaStream stream);
  CudaResult (*cuStreamWaitEvent)(CudaStream stream, CudaEvent event, unsigned flags);
  CudaResult (*cuEventCreate)(CudaEvent* event, unsigned flags);
  CudaResult (*cuEventDestroy_v2)(CudaEvent event);
  CudaResult (*cuEventRecord)(CudaEvent event, CudaStream stream);
  CudaResult (*cuEventSynchronize)(CudaEvent event);
  CudaResult (*cuEventElapsedTime)(float* milliseconds, CudaEvent begin, CudaEvent end);

  CudaResult (*cuLaunchKernel)(CudaFunction function, unsigned grid_x, unsigned grid_y,
                               unsigned grid_z, unsigned block_x, unsigned block_y,
                               unsigned block_z, unsigned shared_bytes, CudaStream stream,
                               void** arguments, void** extra);
  CudaResult (*cuStreamBeginCapture_v2)(CudaStream stream, int mode);
  CudaResult (*cuStreamEndCapture)(CudaStream stream, CudaGraph* graph);
  CudaResult (*cuGraphInstantiateWithFlags)(CudaGraphExec* exec, CudaGraph graph,
                                            unsigned long long flags);
  CudaResult (*cuGraphUpload)(CudaGraphExec exec, CudaStream stream);
  CudaResult (*cuGraphLaunch)(CudaGraphExec exec, CudaStream stream);
  CudaResult (*cuGraphDestroy)(CudaGraph graph);
  CudaResult (*cuGraphExecDestroy)(CudaGraphExec exec);

  /// Null before CUDA 12.
  CudaResult (*cuTensorMapEncodeTiled)(CudaTensorMap* map, int type, uint32_t dims, void* address,
                                       const uint64_t* extents, const uint64_t* strides,
                                       const uint32_t* box, const uint32_t* steps, int interleave,
                                       int swizzle, int promotion, int fill);
};

/// Loads and initialises it. OK, or E_DEVICE with the reason; `driver` needs cuda_driver_close in
/// both cases.
int cuda_driver_open(CudaDriver& driver, Text& why);
void cuda_driver_close(CudaDriver& driver);

/// "CUDA 12.4".
Text& put_cuda_version(Text& text, int version);

}  // namespace vitgen::rt
