#pragma once
// A kernel on a GPU as data: device code and the launches that make up one call. Every extent is
// pinned, so grids, blocks and arguments are constants; runtime/table.h has the same for a library.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schedules/microkernels/device_code.h"

namespace vitgen {

enum class LaunchArgumentKind : std::uint8_t {
  operand,  ///< device address of operand `index` of the op, plus `value` bytes
  scratch,  ///< device address of the kernel's scratch memory, plus `value` bytes
  value,    ///< the low `bytes` bytes of `value`
  /// Operand `index` of the op, plus `value` bytes, as `map` describes it: 128 bytes that the
  /// driver encodes.
  tensor_map,
};

inline constexpr int kTensorMapBytes = 128;  ///< CUtensorMap of cuda.h

/// One parameter of a launch, in the order of the entry's parameters.
struct LaunchArgument {
  LaunchArgumentKind kind = LaunchArgumentKind::operand;
  int bytes = 8;  ///< of the parameter; 8 for addresses, kTensorMapBytes for maps
  int index = 0;
  std::uint64_t value = 0;
  std::optional<microkernels::TensorMap> map = {};  ///< of a tensor_map

  bool operator==(const LaunchArgument&) const = default;
};

struct DeviceLaunch {
  std::string entry;  ///< in the module
  std::array<std::uint32_t, 3> grid = {1, 1, 1};
  std::array<std::uint32_t, 3> block = {1, 1, 1};
  std::uint32_t shared_bytes = 0;  ///< dynamic shared memory
  std::vector<LaunchArgument> arguments;

  bool operator==(const DeviceLaunch&) const = default;
};

struct DeviceKernel {
  std::string ptx;                     ///< one module
  std::vector<DeviceLaunch> launches;  ///< in order; each sees what those before it wrote
  std::uint64_t scratch_bytes = 0;     ///< of device memory between the launches

  bool operator==(const DeviceKernel&) const = default;
};

}  // namespace vitgen
