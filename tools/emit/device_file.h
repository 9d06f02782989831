#pragma once
// A compiled kernel for a GPU as a file: what a worker hands to the farm, the cache keeps and a
// library takes in.
//
//   {"ptx_bytes": 8281, "cubin_bytes": 0, "scratch_bytes": 0, "launches": [...],
//    "reports": [...]}                                                    one line
//   the PTX, then the cubin

#include <string>
#include <string_view>

#include "schedules/device_kernel.h"
#include "tools/emit/device_report.h"

namespace vitgen {

struct CompiledDeviceKernel {
  DeviceKernel kernel;
  std::string cubin;  ///< of the machine's own capability; empty: not assembled
  std::vector<AssemblerReport> reports = {};  ///< of the cubin's entries, as far as they are known

  bool operator==(const CompiledDeviceKernel&) const = default;
};

/// The launches and the size of scratch in one line: all of a kernel but its code.
std::string launches_text(const DeviceKernel& kernel);

std::string device_file_text(const CompiledDeviceKernel& compiled);

/// Inverse of device_file_text. Throws bad_input DEVICE_KERNEL naming what is wrong.
CompiledDeviceKernel parse_device_file(std::string_view text);

}  // namespace vitgen
