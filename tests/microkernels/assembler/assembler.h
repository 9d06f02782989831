#pragma once
// What the CUDA toolkit's assembler says of device code, where it is installed.

#include <string>
#include <vector>

namespace vitgen {

/// Of one entry.
struct AssemblerReport {
  std::string entry;
  int registers = 0;     ///< of a thread
  int stack_bytes = 0;   ///< of a thread, in local memory
  int spill_bytes = 0;   ///< stores and loads
  int shared_bytes = 0;  ///< static
  /// Lines about its module: products of warpgroups that are waited for early (C7510, C7517),
  /// registers that are not moved (C7508).
  std::string losses;
};

/// Whether there is an assembler; else tests are skipped.
bool has_assembler();

/// `arch`: "sm_80" or "sm_90a". Throws std::runtime_error with the assembler's words where it
/// refuses, or does not tell a number of an entry.
std::vector<AssemblerReport> assemble(const std::string& ptx, const std::string& arch);

}  // namespace vitgen
