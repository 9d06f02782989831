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
  /// Products of warpgroups that are to run beside others are waited for, by the assembler's own
  /// decision: C7510 and C7517 of ptxas.
  bool serializes_products = false;
};

/// Whether there is an assembler; else tests are skipped.
bool has_assembler();

/// `arch`: "sm_80" or "sm_90a". Throws std::runtime_error with the assembler's words where it
/// refuses, or does not tell a number of an entry.
std::vector<AssemblerReport> assemble(const std::string& ptx, const std::string& arch);

}  // namespace vitgen
