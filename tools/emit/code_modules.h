#pragma once
// The modules of device code in a library: each one once, however many kernels and targets have it.

#include <string>
#include <string_view>
#include <vector>

#include "tools/emit/library.h"

namespace vitgen {

struct DeviceCode {
  std::string symbol;  ///< inside the library
  std::string member;  ///< in the archive
  std::string_view bytes;
  int capability = 0;  ///< of the devices that it is for, 10 major + minor
  bool is_cubin = false;
};

struct DeviceCodes {
  std::vector<DeviceCode> list;
  /// Per kernel and machine: positions in `list`, in the order in which the runtime tries them.
  std::vector<std::vector<std::vector<std::size_t>>> of_variant;
};

/// Refers to the bytes of the request.
DeviceCodes device_codes(const LibraryRequest& request);

/// The archive's member with the code in it, zero-terminated.
std::string code_object(const DeviceCode& code);

}  // namespace vitgen
