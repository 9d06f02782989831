#pragma once
// The part of a library's table about kernels on a GPU.

#include <map>
#include <string>

#include "runtime/table.h"
#include "tools/emit/code_modules.h"
#include "tools/emit/constant_data.h"

namespace vitgen {

/// As the runtime reads it; at most VITGEN_MAX_MAP_DIMS axes.
vitgen_tensor_map table_map(const microkernels::TensorMap& map);

/// Writes the vitgen_device_kernel of each variant; variants with the same code and launches share
/// one.
class DeviceTable {
 public:
  DeviceTable(const LibraryRequest& request, ConstantData& data)
      : request_(request), codes_(device_codes(request)), data_(data) {}

  /// The array of a kernel's pointers, one per machine, null for CPUs. Null itself where no machine
  /// of the library has a GPU.
  std::optional<PointerTarget> put(std::size_t kernel);

 private:
  std::uint64_t device_kernel(std::size_t kernel, std::size_t machine);
  PointerTarget put_codes(const std::vector<std::size_t>& codes);
  PointerTarget put_launches(const std::vector<DeviceLaunch>& launches);
  PointerTarget put_arguments(const std::vector<LaunchArgument>& arguments);

  const LibraryRequest& request_;
  const DeviceCodes codes_;
  ConstantData& data_;
  std::map<std::string, std::uint64_t> known_;  ///< by codes and launches as text
};

}  // namespace vitgen
