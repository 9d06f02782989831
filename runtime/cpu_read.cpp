#include <cpuid.h>

#include "runtime/cpu.h"

namespace vitgen::rt {
namespace {

struct Leaf {
  uint32_t eax, ebx, ecx, edx;
};

Leaf cpuid(uint32_t leaf, uint32_t sub_leaf = 0) {
  Leaf r;
  __cpuid_count(leaf, sub_leaf, r.eax, r.ebx, r.ecx, r.edx);
  return r;
}

uint64_t xgetbv0() {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t{high} << 32 | low;
}

}  // namespace

CpuState cpu_read() {
  CpuState state = {};
  state.max_leaf = cpuid(0).eax;
  if (state.max_leaf >= 1) state.leaf1_ecx = cpuid(1).ecx;
  if (state.max_leaf >= 7) state.leaf7_ebx = cpuid(7).ebx;
  state.max_extended_leaf = cpuid(0x80000000u).eax;
  if (state.max_extended_leaf >= 0x80000001u) state.extended1_ecx = cpuid(0x80000001u).ecx;
  const bool os_saves_state = (state.leaf1_ecx >> 27 & 1u) != 0;
  if (os_saves_state) state.xcr0 = xgetbv0();
  return state;
}

}  // namespace vitgen::rt
