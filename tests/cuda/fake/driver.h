#pragma once
// The functions that the library exports, with the types by which the runtime calls them.

#include <type_traits>

#include "runtime/cuda_driver.h"

extern "C" {
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuInit)> cuInit;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuDriverGetVersion)> cuDriverGetVersion;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuGetErrorName)> cuGetErrorName;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuDeviceGetCount)> cuDeviceGetCount;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuDeviceGet)> cuDeviceGet;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuDeviceGetAttribute)> cuDeviceGetAttribute;
vitgen::rt::CudaResult cuDeviceGetName(char* name, int bytes, vitgen::rt::CudaOrdinal device);
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuDevicePrimaryCtxRetain)>
    cuDevicePrimaryCtxRetain;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuDevicePrimaryCtxRelease_v2)>
    cuDevicePrimaryCtxRelease_v2;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuCtxPushCurrent_v2)> cuCtxPushCurrent_v2;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuCtxPopCurrent_v2)> cuCtxPopCurrent_v2;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuModuleLoadData)> cuModuleLoadData;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuModuleUnload)> cuModuleUnload;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuModuleGetFunction)> cuModuleGetFunction;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuFuncGetAttribute)> cuFuncGetAttribute;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuFuncSetAttribute)> cuFuncSetAttribute;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuMemAlloc_v2)> cuMemAlloc_v2;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuMemFree_v2)> cuMemFree_v2;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuMemcpyHtoD_v2)> cuMemcpyHtoD_v2;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuMemcpyDtoH_v2)> cuMemcpyDtoH_v2;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuMemcpyHtoDAsync_v2)> cuMemcpyHtoDAsync_v2;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuMemcpyDtoHAsync_v2)> cuMemcpyDtoHAsync_v2;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuMemcpyDtoDAsync_v2)> cuMemcpyDtoDAsync_v2;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuStreamCreate)> cuStreamCreate;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuStreamDestroy_v2)> cuStreamDestroy_v2;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuStreamSynchronize)> cuStreamSynchronize;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuStreamWaitEvent)> cuStreamWaitEvent;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuEventCreate)> cuEventCreate;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuEventDestroy_v2)> cuEventDestroy_v2;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuEventRecord)> cuEventRecord;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuEventSynchronize)> cuEventSynchronize;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuEventElapsedTime)> cuEventElapsedTime;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuLaunchKernel)> cuLaunchKernel;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuStreamBeginCapture_v2)>
    cuStreamBeginCapture_v2;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuStreamEndCapture)> cuStreamEndCapture;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuGraphInstantiateWithFlags)>
    cuGraphInstantiateWithFlags;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuGraphUpload)> cuGraphUpload;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuGraphLaunch)> cuGraphLaunch;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuGraphDestroy)> cuGraphDestroy;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuGraphExecDestroy)> cuGraphExecDestroy;
std::remove_pointer_t<decltype(vitgen::rt::CudaDriver::cuTensorMapEncodeTiled)>
    cuTensorMapEncodeTiled;
}  // extern "C"
