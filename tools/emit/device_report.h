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
  /// Its lines about speed that the module loses: products of warpgroups that are waited for early
  /// (C7510, C7517), registers that are not moved (C7508).
  std::string losses;

  bool operator==(const AssemblerReport&) const = default;
};

/// Reads its words. Throws internal ASSEMBLER_REPORT where they do not tell a number of an entry.
std::vector<AssemblerReport> assembler_reports(std::string text);

}  // namespace vitgen
