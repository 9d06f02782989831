#pragma once
// The layout of what Halide 21 kernels take and call, so that the runtime needs no Halide header.
// tests/runtime/halide_abi_test.cpp compares it with the real HalideRuntime.h.

#include <stddef.h>
#include <stdint.h>

namespace vitgen::rt {

struct HalideType {
  uint8_t code;  ///< 0 signed, 1 unsigned, 2 float, 3 bfloat
  uint8_t bits;
  uint16_t lanes;
};

struct HalideDimension {
  int32_t min;
  int32_t extent;
  int32_t stride;  ///< in elements
  uint32_t flags;
};

struct HalideBuffer {
  uint64_t device;
  const void* device_interface;
  uint8_t* host;
  uint64_t flags;
  HalideType type;
  int32_t dimensions;
  HalideDimension* dim;
  void* padding;
};

static_assert(sizeof(HalideType) == 4 && sizeof(HalideDimension) == 16);
static_assert(sizeof(HalideBuffer) == 56 && offsetof(HalideBuffer, host) == 16);
static_assert(offsetof(HalideBuffer, type) == 32 && offsetof(HalideBuffer, dim) == 40);

/// The body of a parallel loop: 0, or the code of the failure.
using HalideTask = int (*)(void* user_context, int index, uint8_t* closure);

/// halide_error_code_t, the ones that CPU kernels return.
enum HalideCode : int {
  kGenericError = -1,
  kExplicitBoundsTooSmall = -2,
  kBadType = -3,
  kAccessOutOfBounds = -4,
  kBufferAllocationTooLarge = -5,
  kBufferExtentsTooLarge = -6,
  kConstraintsMakeRegionSmaller = -7,
  kConstraintViolated = -8,
  kParamTooSmall = -9,
  kParamTooLarge = -10,
  kOutOfMemory = -11,
  kBufferArgumentIsNull = -12,
  kDebugToFileFailed = -13,
  kNoDeviceInterface = -19,
  kUnalignedHostPtr = -24,
  kBadFold = -25,
  kFoldFactorTooSmall = -26,
  kRequirementFailed = -27,
  kBufferExtentsNegative = -28,
  kSpecializeFail = -31,
  kHostIsNull = -34,
  kBadExternFold = -35,
  kDeviceInterfaceNoDevice = -36,
  kHostAndDeviceDirty = -37,
  kBufferIsNull = -38,
  kDeviceCropFailed = -41,
  kBadDimensions = -43,
  kDeviceDirtyWithNoDeviceSupport = -44,
  kStorageBoundTooSmall = -45,
  kSplitFactorNotPositive = -46,
  kVscaleInvalid = -47,
};

}  // namespace vitgen::rt
