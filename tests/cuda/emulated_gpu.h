#pragma once
// A GPU that the interpreter of PTX stands for, for programs that a test starts. The test's target
// defines VITGEN_EMULATED_GPU, the folder of emulated/libcuda.so.1.

#include <cstdlib>
#include <string>

namespace vitgen {

/// While it lives, programs that are started find the emulated GPU, of capability 9.0, as their
/// driver's.
class EmulatedGpu {
 public:
  EmulatedGpu() { ::setenv(kVariable, VITGEN_EMULATED_GPU, 1); }
  ~EmulatedGpu() {
    if (had_one_) {
      ::setenv(kVariable, old_.c_str(), 1);
    } else {
      ::unsetenv(kVariable);
    }
  }
  EmulatedGpu(const EmulatedGpu&) = delete;
  EmulatedGpu& operator=(const EmulatedGpu&) = delete;

 private:
  static constexpr const char* kVariable = "LD_LIBRARY_PATH";
  bool had_one_ = std::getenv(kVariable) != nullptr;
  std::string old_ = had_one_ ? std::getenv(kVariable) : "";
};

}  // namespace vitgen
