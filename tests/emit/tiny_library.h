#pragma once
// A library small enough to check by hand: two layers, batch 1 and 2, kernels from
// fixtures/fake_linear.c.

#include <string>

#include "tools/emit/library.h"

namespace vitgen::testing {

inline constexpr int kTinyInputs = 8;  ///< [1][2][4]
inline constexpr int kTinyHidden = 5;
inline constexpr int kTinyOutputs = 3;

/// Value i of a weight: small integers, so that sums are exact.
float tiny_weight_value(const std::string& weight, std::size_t i);

/// What the library must compute for one image.
std::vector<float> tiny_reference(const std::vector<float>& image);

LibraryRequest tiny_request(const std::string& name, const std::string& directory);

/// Two launches of made-up code, with an argument of each kind.
DeviceKernel tiny_device_kernel();

/// tiny_request with variants of tiny_device_kernel for both kinds of GPUs before those for CPUs.
LibraryRequest tiny_gpu_request(const std::string& name, const std::string& directory);

/// An empty directory that is removed at exit of the scope.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  std::string path(const std::string& name = {}) const;

 private:
  std::string path_;
};

std::string file_text(const std::string& path);

}  // namespace vitgen::testing
