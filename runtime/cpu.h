#pragma once
// Which instruction sets may be used. The decision is a pure function of a recorded state, so that
// it can be tested for machines that are not at hand; the state of this machine is read separately.

#include <stdint.h>

#include "runtime/text.h"

namespace vitgen::rt {

struct CpuidRegisters {
  uint32_t eax, ebx, ecx, edx;
};

/// The leaves of CPUID (sub-leaf 0) that features are read from.
constexpr uint32_t kCpuidLeaves[] = {1, 7, 0x80000001u};
enum : uint32_t { kCpuidLeafCount = sizeof kCpuidLeaves / sizeof kCpuidLeaves[0] };

/// What CPUID and XGETBV tell. Leaves beyond the largest and XCR0 without OSXSAVE must be 0 or are
/// ignored.
struct CpuState {
  uint32_t max_leaf;                       ///< CPUID 0 EAX
  uint32_t max_extended_leaf;              ///< CPUID 0x80000000 EAX
  CpuidRegisters leaves[kCpuidLeafCount];  ///< in the order of kCpuidLeaves
  uint64_t xcr0;
};

/// All zero where the CPU has no such leaf.
CpuidRegisters cpuid_leaf(const CpuState& state, uint32_t leaf);

/// The operating system saves extended registers, so XGETBV may be asked which.
bool cpu_has_xcr0(const CpuState& state);

/// Bits of vitgen_cpu_feature that are present and enabled by the operating system.
uint32_t cpu_features(const CpuState& state);

/// Appends what `needed` (bits of vitgen_cpu_feature) asks for and `state` lacks: "fma, bmi2".
void cpu_missing(const CpuState& state, uint32_t needed, Text& text);

/// Reads this machine; runs nothing but CPUID and, where the OS allows it, XGETBV.
CpuState cpu_read();

}  // namespace vitgen::rt
