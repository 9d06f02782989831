#pragma once
// The micro-kernels of an algorithm as functions of this process, their tile instructions emulated.

#include <map>
#include <vector>

#include "generators/ops/support/algorithm.h"
#include "tests/microkernels/emulator/emulated_stage.h"

namespace vitgen {

class EmulatedMicrokernels {
 public:
  explicit EmulatedMicrokernels(const Algorithm& algorithm);

  /// For Halide's linker.
  const std::map<std::string, Halide::JITExtern>& externs() const { return externs_; }

  /// Fails the test if a micro-kernel did what the processor would refuse.
  void expect_no_fault() const;

 private:
  std::vector<emulator::EmulatedProduct> code_;
  std::map<std::string, Halide::JITExtern> externs_;
};

}  // namespace vitgen
