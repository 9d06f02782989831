#pragma once
// Facts of an instruction set. A machine is one row; schedules read facts, never a row's name.

#include <cstdint>
#include <span>
#include <string_view>

#include "generators/base/op_spec.h"

namespace vitgen {

enum class MachineKind { cpu, gpu };

struct Machine {
  std::string_view name;    ///< of the file, "cpu_avx512"
  std::string_view target;  ///< on the command line and in a library's ISA list, "x86-64-avx512"
  std::string_view parent;  ///< the row whose kernels serve where this one has none; or empty
  MachineKind kind = MachineKind::cpu;
  int vector_bytes = 32;
  int vector_registers = 16;
  bool masks = false;  ///< predicated loads and stores at full speed
  /// Halide target string without the product flags, "x86-64-linux-avx2-...".
  std::string_view halide_target;
  /// Bits of vitgen_cpu_feature that a CPU needs to run this row's kernels.
  std::uint32_t cpu_features = 0;

  constexpr int lanes(DType dtype) const {
    return vector_bytes / static_cast<int>(byte_size(dtype));
  }
};

/// Every row of schedules/machines, the most capable first.
std::span<const Machine* const> all_machines();

/// By row name or command-line target. Throws UNKNOWN_TARGET with the known ones.
const Machine& find_machine(std::string_view name);

}  // namespace vitgen
