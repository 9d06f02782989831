#pragma once
// What a program without a compiler needs to hold a library on a GPU against that GPU: a file
// beside the library.

#include <map>
#include <string>
#include <vector>

#include "generators/base/json.h"
#include "tools/measure/gpu_peaks.h"

namespace vitgen {

/// The kernels that measure the devices of one of the library's variants.
struct VariantRoofs {
  std::string target;       ///< "cuda-sm90"
  int capability = 0;       ///< at least, 10 major + minor
  int only_capability = 0;  ///< not 0: no other
  GpuPeakKernels kernels;

  bool serves(int device) const {
    return only_capability != 0 ? device == only_capability : device >= capability;
  }
  bool operator==(const VariantRoofs&) const = default;
};

struct RoofsFile {
  std::vector<VariantRoofs> variants;   ///< best first
  std::map<std::string, double> bytes;  ///< that a call reads and writes, by the kernel's spec
  bool operator==(const RoofsFile&) const = default;
};

inline constexpr const char* kRoofsName = "roofs.json";

Json roofs_json(const RoofsFile& roofs);
/// Throws bad_input GPU_ROOFS naming the place, io IO_*.
RoofsFile read_roofs(const std::string& path);

}  // namespace vitgen
