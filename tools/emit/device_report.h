#pragma once
// What the assembler for GPUs says of the code that it made, where it is asked with -v.

#include <string>
#include <vector>

namespace vitgen {

/// Of one entry.
struct AssemblerReport {
  std::string entry;
  int registers = 0;     ///< of a thread
  int stack_bytes = 0;   ///< of a thread, in local memory
  int spill_bytes = 0;   ///< of a thread, stores and loads
  int shared_bytes = 0;  ///< of a block, static
  /// Products of warpgroups that are to run beside others are waited for, by the assembler's own
  /// decision: C7510 and C7517 of ptxas.
  bool serializes_products = false;

  bool operator==(const AssemblerReport&) const = default;
};

/// Reads its words. Throws internal ASSEMBLER_REPORT where they do not tell a number of an entry.
std::vector<AssemblerReport> assembler_reports(std::string text);

}  // namespace vitgen
