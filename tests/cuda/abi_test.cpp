// The runtime's own copy of the driver's ABI, against the header of the toolkit where there is one.

#if __has_include(<cuda.h>)
#include <cuda.h>
#endif

#include <gtest/gtest.h>

#include "runtime/cuda_driver.h"

namespace vitgen::rt {
namespace {

#if __has_include(<cuda.h>)

/// Passed alike: both pointers, or both numbers of a size.
template <class A, class B>
constexpr bool kAlike = sizeof(A) == sizeof(B) && std::is_pointer_v<A> == std::is_pointer_v<B>;

template <class R, class... A, class S, class... B>
constexpr bool same(R (*)(A...), S (*)(B...)) {
  if constexpr (sizeof...(A) != sizeof...(B)) {
    return false;
  } else {
    return kAlike<R, S> && (kAlike<A, B> && ...);
  }
}

TEST(CudaAbi, functions_take_what_the_driver_takes) {
  constexpr CudaDriver d = {};
  static_assert(same(d.cuInit, &::cuInit));
  static_assert(same(d.cuDriverGetVersion, &::cuDriverGetVersion));
  static_assert(same(d.cuGetErrorName, &::cuGetErrorName));
  static_assert(same(d.cuDeviceGetCount, &::cuDeviceGetCount));
  static_assert(same(d.cuDeviceGet, &::cuDeviceGet));
  static_assert(same(d.cuDeviceGetAttribute, &::cuDeviceGetAttribute));
  static_assert(same(d.cuDevicePrimaryCtxRetain, &::cuDevicePrimaryCtxRetain));
  static_assert(same(d.cuDevicePrimaryCtxRelease_v2, &::cuDevicePrimaryCtxRelease_v2));
  static_assert(same(d.cuCtxPushCurrent_v2, &::cuCtxPushCurrent_v2));
  static_assert(same(d.cuCtxPopCurrent_v2, &::cuCtxPopCurrent_v2));
  static_assert(same(d.cuModuleLoadData, &::cuModuleLoadData));
  static_assert(same(d.cuModuleUnload, &::cuModuleUnload));
  static_assert(same(d.cuModuleGetFunction, &::cuModuleGetFunction));
  static_assert(same(d.cuFuncGetAttribute, &::cuFuncGetAttribute));
  static_assert(same(d.cuFuncSetAttribute, &::cuFuncSetAttribute));
  static_assert(same(d.cuMemAlloc_v2, &::cuMemAlloc_v2));
  static_assert(same(d.cuMemFree_v2, &::cuMemFree_v2));
  static_assert(same(d.cuMemcpyHtoD_v2, &::cuMemcpyHtoD_v2));
  static_assert(same(d.cuMemcpyDtoH_v2, &::cuMemcpyDtoH_v2));
  static_assert(same(d.cuMemcpyHtoDAsync_v2, &::cuMemcpyHtoDAsync_v2));
  static_assert(same(d.cuMemcpyDtoHAsync_v2, &::cuMemcpyDtoHAsync_v2));
  static_assert(same(d.cuMemcpyDtoDAsync_v2, &::cuMemcpyDtoDAsync_v2));
  static_assert(same(d.cuStreamCreate, &::cuStreamCreate));
  static_assert(same(d.cuStreamDestroy_v2, &::cuStreamDestroy_v2));
  static_assert(same(d.cuStreamSynchronize, &::cuStreamSynchronize));
  static_assert(same(d.cuStreamWaitEvent, &::cuStreamWaitEvent));
  static_assert(same(d.cuEventCreate, &::cuEventCreate));
  static_assert(same(d.cuEventDestroy_v2, &::cuEventDestroy_v2));
  static_assert(same(d.cuEventRecord, &::cuEventRecord));
  static_assert(same(d.cuEventSynchronize, &::cuEventSynchronize));
  static_assert(same(d.cuEventElapsedTime, &::cuEventElapsedTime));
  static_assert(same(d.cuLaunchKernel, &::cuLaunchKernel));
  static_assert(same(d.cuStreamBeginCapture_v2, &::cuStreamBeginCapture_v2));
  static_assert(same(d.cuStreamEndCapture, &::cuStreamEndCapture));
  static_assert(same(d.cuGraphInstantiateWithFlags, &::cuGraphInstantiateWithFlags));
  static_assert(same(d.cuGraphUpload, &::cuGraphUpload));
  static_assert(same(d.cuGraphLaunch, &::cuGraphLaunch));
  static_assert(same(d.cuGraphDestroy, &::cuGraphDestroy));
  static_assert(same(d.cuGraphExecDestroy, &::cuGraphExecDestroy));
#if CUDA_VERSION >= 12000
  static_assert(same(d.cuTensorMapEncodeTiled, &::cuTensorMapEncodeTiled));
  static_assert(sizeof(CudaTensorMap) == sizeof(CUtensorMap));
  static_assert(alignof(CudaTensorMap) >= alignof(CUtensorMap));
#endif
}

TEST(CudaAbi, numbers_are_the_drivers) {
  const auto number = [](auto value) { return static_cast<int>(value); };
  EXPECT_EQ(number(kCudaSuccess), number(CUDA_SUCCESS));
  EXPECT_EQ(number(kCudaInvalidValue), number(CUDA_ERROR_INVALID_VALUE));
  EXPECT_EQ(number(kCudaOutOfMemory), number(CUDA_ERROR_OUT_OF_MEMORY));
  EXPECT_EQ(number(kCudaNotInitialized), number(CUDA_ERROR_NOT_INITIALIZED));
  EXPECT_EQ(number(kCudaDeinitialized), number(CUDA_ERROR_DEINITIALIZED));
  EXPECT_EQ(number(kCudaNoDevice), number(CUDA_ERROR_NO_DEVICE));
  EXPECT_EQ(number(kCudaInvalidImage), number(CUDA_ERROR_INVALID_IMAGE));
  EXPECT_EQ(number(kCudaInvalidContext), number(CUDA_ERROR_INVALID_CONTEXT));
  EXPECT_EQ(number(kCudaNoBinaryForGpu), number(CUDA_ERROR_NO_BINARY_FOR_GPU));
  EXPECT_EQ(number(kCudaEccUncorrectable), number(CUDA_ERROR_ECC_UNCORRECTABLE));
  EXPECT_EQ(number(kCudaInvalidPtx), number(CUDA_ERROR_INVALID_PTX));
  EXPECT_EQ(number(kCudaNvlinkUncorrectable), number(CUDA_ERROR_NVLINK_UNCORRECTABLE));
  EXPECT_EQ(number(kCudaJitCompilerNotFound), number(CUDA_ERROR_JIT_COMPILER_NOT_FOUND));
  EXPECT_EQ(number(kCudaUnsupportedPtxVersion), number(CUDA_ERROR_UNSUPPORTED_PTX_VERSION));
  EXPECT_EQ(number(kCudaJitCompilationDisabled), number(CUDA_ERROR_JIT_COMPILATION_DISABLED));
  EXPECT_EQ(number(kCudaContained), number(CUDA_ERROR_CONTAINED));
  EXPECT_EQ(number(kCudaInvalidSource), number(CUDA_ERROR_INVALID_SOURCE));
  EXPECT_EQ(number(kCudaInvalidHandle), number(CUDA_ERROR_INVALID_HANDLE));
  EXPECT_EQ(number(kCudaNotFound), number(CUDA_ERROR_NOT_FOUND));
  EXPECT_EQ(number(kCudaIllegalAddress), number(CUDA_ERROR_ILLEGAL_ADDRESS));
  EXPECT_EQ(number(kCudaLaunchOutOfResources), number(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES));
  EXPECT_EQ(number(kCudaLaunchTimeout), number(CUDA_ERROR_LAUNCH_TIMEOUT));
  EXPECT_EQ(number(kCudaContextIsDestroyed), number(CUDA_ERROR_CONTEXT_IS_DESTROYED));
  EXPECT_EQ(number(kCudaAssert), number(CUDA_ERROR_ASSERT));
  EXPECT_EQ(number(kCudaHardwareStackError), number(CUDA_ERROR_HARDWARE_STACK_ERROR));
  EXPECT_EQ(number(kCudaIllegalInstruction), number(CUDA_ERROR_ILLEGAL_INSTRUCTION));
  EXPECT_EQ(number(kCudaMisalignedAddress), number(CUDA_ERROR_MISALIGNED_ADDRESS));
  EXPECT_EQ(number(kCudaInvalidAddressSpace), number(CUDA_ERROR_INVALID_ADDRESS_SPACE));
  EXPECT_EQ(number(kCudaInvalidPc), number(CUDA_ERROR_INVALID_PC));
  EXPECT_EQ(number(kCudaLaunchFailed), number(CUDA_ERROR_LAUNCH_FAILED));
  EXPECT_EQ(number(kCudaTensorMemoryLeak), number(CUDA_ERROR_TENSOR_MEMORY_LEAK));
  EXPECT_EQ(number(kCudaMpsClientTerminated), number(CUDA_ERROR_MPS_CLIENT_TERMINATED));
  EXPECT_EQ(number(kCudaExternalDevice), number(CUDA_ERROR_EXTERNAL_DEVICE));
  EXPECT_EQ(number(kCudaCapabilityMajor), number(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR));
  EXPECT_EQ(number(kCudaCapabilityMinor), number(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR));
  EXPECT_EQ(number(kCudaMaxDynamicSharedBytes),
            number(CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES));
  EXPECT_EQ(number(kCudaCaptureRelaxed), number(CU_STREAM_CAPTURE_MODE_RELAXED));
#if CUDA_VERSION >= 12000
  EXPECT_EQ(number(kCudaTensorU8), number(CU_TENSOR_MAP_DATA_TYPE_UINT8));
  EXPECT_EQ(number(kCudaTensorU16), number(CU_TENSOR_MAP_DATA_TYPE_UINT16));
  EXPECT_EQ(number(kCudaTensorU32), number(CU_TENSOR_MAP_DATA_TYPE_UINT32));
  EXPECT_EQ(number(kCudaInterleaveNone), number(CU_TENSOR_MAP_INTERLEAVE_NONE));
  EXPECT_EQ(number(kCudaSwizzleNone), number(CU_TENSOR_MAP_SWIZZLE_NONE));
  EXPECT_EQ(number(kCudaSwizzle128), number(CU_TENSOR_MAP_SWIZZLE_128B));
  EXPECT_EQ(number(kCudaPromoteTo128), number(CU_TENSOR_MAP_L2_PROMOTION_L2_128B));
  EXPECT_EQ(number(kCudaFillZeros), number(CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE));
#endif
  EXPECT_EQ(number(kCudaStreamNonBlocking), number(CU_STREAM_NON_BLOCKING));
  EXPECT_EQ(number(kCudaEventDefault), number(CU_EVENT_DEFAULT));
  EXPECT_EQ(number(kCudaEventDisableTiming), number(CU_EVENT_DISABLE_TIMING));
}

#else

TEST(CudaAbi, is_compared_where_the_toolkit_is_installed) {
  GTEST_SKIP() << "no cuda.h: neither in the compiler's path nor in /usr/local/cuda/include";
}

#endif

}  // namespace
}  // namespace vitgen::rt
