#pragma once
// What the runtime uses of the CUDA driver's ABI, so that it needs no header of the toolkit. Names
// are the driver's, the forms of its functions those of the versioned symbols.
// tests/cuda/abi_test.cpp compares it with cuda.h where the toolkit is installed.

#include <stddef.h>
#include <stdint.h>

namespace vitgen::rt {

/// CUresult, the values that are told apart.
enum CudaResult : int {
  kCudaSuccess = 0,
  kCudaInvalidValue = 1,
  kCudaOutOfMemory = 2,
  kCudaNotInitialized = 3,
  kCudaDeinitialized = 4,
  kCudaNoDevice = 100,
  kCudaInvalidImage = 200,
  kCudaInvalidContext = 201,
  kCudaNoBinaryForGpu = 209,
  kCudaEccUncorrectable = 214,
  kCudaInvalidPtx = 218,
  kCudaNvlinkUncorrectable = 220,
  kCudaJitCompilerNotFound = 221,
  kCudaUnsupportedPtxVersion = 222,
  kCudaJitCompilationDisabled = 223,
  kCudaContained = 226,
  kCudaInvalidSource = 300,
  kCudaInvalidHandle = 400,
  kCudaNotFound = 500,
  kCudaIllegalAddress = 700,
  kCudaLaunchOutOfResources = 701,
  kCudaLaunchTimeout = 702,
  kCudaContextIsDestroyed = 709,
  kCudaAssert = 710,
  kCudaHardwareStackError = 714,
  kCudaIllegalInstruction = 715,
  kCudaMisalignedAddress = 716,
  kCudaInvalidAddressSpace = 717,
  kCudaInvalidPc = 718,
  kCudaLaunchFailed = 719,
  kCudaTensorMemoryLeak = 721,
  kCudaMpsClientTerminated = 810,
  kCudaExternalDevice = 911,
};

using CudaOrdinal = int;                    ///< CUdevice
using CudaAddress = uint64_t;               ///< CUdeviceptr
using CudaHandle = struct CudaContextTag*;  ///< CUcontext
using CudaModule = struct CudaModuleTag*;
using CudaFunction = struct CudaFunctionTag*;
using CudaStream = struct CudaStreamTag*;
using CudaEvent = struct CudaEventTag*;
using CudaGraph = struct CudaGraphTag*;
using CudaGraphExec = struct CudaGraphExecTag*;

enum : int {
  kCudaCapabilityMajor = 75,  ///< CUdevice_attribute
  kCudaCapabilityMinor = 76,
  kCudaMaxDynamicSharedBytes = 8,  ///< CUfunction_attribute
  /// CUstreamCaptureMode: neither this thread nor others are kept from anything meanwhile.
  kCudaCaptureRelaxed = 2,
};
/// CUtensorMap: what the driver encodes, and kernels take as a parameter.
struct alignas(128) CudaTensorMap {
  uint64_t opaque[16];
};

enum : int {
  kCudaTensorU8 = 0,  ///< CUtensorMapDataType: elements of 1, 2 and 4 bytes
  kCudaTensorU16 = 1,
  kCudaTensorU32 = 2,
  kCudaInterleaveNone = 0,  ///< CUtensorMapInterleave
  kCudaSwizzleNone = 0,     ///< CUtensorMapSwizzle
  kCudaSwizzle128 = 3,
  kCudaPromoteTo128 = 2,  ///< CUtensorMapL2promotion: reads fill lines of L2 of 128 bytes
  kCudaFillZeros = 0,     ///< CUtensorMapFloatOOBfill
};
enum : unsigned {
  kCudaStreamNonBlocking = 1,
  kCudaEventDefault = 0,
  kCudaEventDisableTiming = 2,
};

}  // namespace vitgen::rt
