#pragma once
// NVIDIA's assembler, which makes device code of PTX: with it a program starts without waiting for
// the driver's compiler. Libraries work without it.

#include <string>

#include "schedules/machine.h"
#include "tools/emit/device_report.h"

namespace vitgen {

struct Assembler {
  std::string path;     ///< empty: there is none
  std::string version;  ///< "ptxas 13.0.88"
};

/// The program at `path`, if it says its version as the assembler does; else none.
Assembler assembler_at(const std::string& path);

/// What the assembler calls a machine's devices: "sm_" and the capability, with an "a" where no
/// other devices will do.
std::string architecture(const Machine& machine);

struct AssembledCode {
  std::string cubin;
  /// One an entry; empty where this version's words are not understood.
  std::vector<AssemblerReport> reports;
};

/// Device code for the machine. Throws internal KERNEL_ASSEMBLER with the first line that the
/// program at `path` said.
AssembledCode assemble(const std::string& path, const std::string& ptx, const Machine& machine);

}  // namespace vitgen
