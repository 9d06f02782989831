#pragma once
// The operands of one kernel in a GPU's memory, where no page can be guarded: what lies around them
// is known and compared afterwards.

#include <cstdint>
#include <string>
#include <vector>

#include "tools/measure/gpu.h"
#include "tools/tune/operand_memory.h"

namespace vitgen {

class DeviceOperands {
 public:
  /// Copies of the operands, and scratch memory; all of both begins where a library's begins. `gpu`
  /// must live longer.
  DeviceOperands(const Gpu& gpu, const OperandMemory& memory, std::uint64_t scratch_bytes);

  std::vector<std::uint64_t> addresses() const;  ///< of the operands, in their order
  std::uint64_t scratch() const;

  /// Everything as it was at first.
  void restore();
  /// Brings the output to `memory`, whose operands these are. Returns what else has changed,
  /// "changes 8 bytes beyond its operand 'output'"; empty if nothing has.
  std::string fetch(const OperandMemory& memory) const;

 private:
  struct Part {
    std::string name;
    std::size_t begin = 0;
    std::size_t bytes = 0;
    bool written = false;  ///< by the kernel
  };
  std::string difference(const std::vector<std::byte>& now) const;

  std::vector<Part> parts_;  // operands, then scratch
  std::vector<std::byte> first_;
  DeviceArray memory_;
};

}  // namespace vitgen
