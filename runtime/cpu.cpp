#include "runtime/cpu.h"

#include "runtime/table.h"

namespace vitgen::rt {
namespace {

enum Register : uint8_t { kLeaf1Ecx, kLeaf7Ebx, kExtended1Ecx };

struct Need {
  uint32_t feature;  ///< of vitgen_cpu_feature
  Register source;
  uint8_t bit;
  const char* name;
};

// Bit numbers: Intel SDM volume 2A, CPUID; LZCNT: AMD APM volume 3, Fn8000_0001 ECX "ABM".
constexpr Need kNeeds[] = {
    {VITGEN_CPU_AVX2_FMA_F16C, kLeaf1Ecx, 0, "sse3"},
    {VITGEN_CPU_AVX2_FMA_F16C, kLeaf1Ecx, 9, "ssse3"},
    {VITGEN_CPU_AVX2_FMA_F16C, kLeaf1Ecx, 12, "fma"},
    {VITGEN_CPU_AVX2_FMA_F16C, kLeaf1Ecx, 19, "sse4.1"},
    {VITGEN_CPU_AVX2_FMA_F16C, kLeaf1Ecx, 20, "sse4.2"},
    {VITGEN_CPU_AVX2_FMA_F16C, kLeaf1Ecx, 22, "movbe"},
    {VITGEN_CPU_AVX2_FMA_F16C, kLeaf1Ecx, 23, "popcnt"},
    {VITGEN_CPU_AVX2_FMA_F16C, kLeaf1Ecx, 28, "avx"},
    {VITGEN_CPU_AVX2_FMA_F16C, kLeaf1Ecx, 29, "f16c"},
    {VITGEN_CPU_AVX2_FMA_F16C, kLeaf7Ebx, 3, "bmi1"},
    {VITGEN_CPU_AVX2_FMA_F16C, kLeaf7Ebx, 5, "avx2"},
    {VITGEN_CPU_AVX2_FMA_F16C, kLeaf7Ebx, 8, "bmi2"},
    {VITGEN_CPU_AVX2_FMA_F16C, kExtended1Ecx, 5, "lzcnt"},
    {VITGEN_CPU_AVX512_SKX, kLeaf7Ebx, 16, "avx512f"},
    {VITGEN_CPU_AVX512_SKX, kLeaf7Ebx, 17, "avx512dq"},
    {VITGEN_CPU_AVX512_SKX, kLeaf7Ebx, 28, "avx512cd"},
    {VITGEN_CPU_AVX512_SKX, kLeaf7Ebx, 30, "avx512bw"},
    {VITGEN_CPU_AVX512_SKX, kLeaf7Ebx, 31, "avx512vl"},
};

enum : uint32_t { kOsXsaveBit = 27 };
/// XCR0: SSE and YMM state; opmask, upper halves of ZMM0-15, ZMM16-31.
enum : uint64_t { kYmmState = 0x6, kZmmState = 0xe6 };

uint32_t known(const CpuState& state, Register source) {
  switch (source) {
    case kLeaf1Ecx:
      return state.max_leaf >= 1 ? state.leaf1_ecx : 0;
    case kLeaf7Ebx:
      return state.max_leaf >= 7 ? state.leaf7_ebx : 0;
    case kExtended1Ecx:
      return state.max_extended_leaf >= 0x80000001u ? state.extended1_ecx : 0;
  }
  return 0;
}

bool present(const CpuState& state, const Need& need) {
  return (known(state, need.source) >> need.bit & 1u) != 0;
}

uint64_t enabled_state(const CpuState& state) {
  return (known(state, kLeaf1Ecx) >> kOsXsaveBit & 1u) != 0 ? state.xcr0 : 0;
}

/// AVX-512 kernels use AVX2 and FMA as well.
uint32_t with_base(uint32_t needed) {
  return (needed & VITGEN_CPU_AVX512_SKX) != 0 ? needed | VITGEN_CPU_AVX2_FMA_F16C : needed;
}

uint64_t state_for(uint32_t needed) {
  if ((needed & VITGEN_CPU_AVX512_SKX) != 0) return kZmmState;
  return (needed & VITGEN_CPU_AVX2_FMA_F16C) != 0 ? uint64_t{kYmmState} : 0;
}

bool has(const CpuState& state, uint32_t feature) {
  const uint32_t needed = with_base(feature);
  for (const Need& need : kNeeds) {
    if ((need.feature & needed) != 0 && !present(state, need)) return false;
  }
  const uint64_t enabled = state_for(needed);
  return (enabled_state(state) & enabled) == enabled;
}

}  // namespace

uint32_t cpu_features(const CpuState& state) {
  uint32_t features = 0;
  if (has(state, VITGEN_CPU_AVX2_FMA_F16C)) features |= VITGEN_CPU_AVX2_FMA_F16C;
  if (has(state, VITGEN_CPU_AVX512_SKX)) features |= VITGEN_CPU_AVX512_SKX;
  return features;
}

void cpu_missing(const CpuState& state, uint32_t needed, Text& text) {
  needed = with_base(needed);
  const char* separator = "";
  for (const Need& need : kNeeds) {
    if ((need.feature & needed) == 0 || present(state, need)) continue;
    text << separator << need.name;
    separator = ", ";
  }
  if ((needed & ~uint32_t{VITGEN_CPU_AVX2_FMA_F16C | VITGEN_CPU_AVX512_SKX}) != 0) {
    text << separator << "a feature that this runtime does not know";
    separator = ", ";
  }
  const uint64_t enabled = enabled_state(state);
  const uint64_t wanted = state_for(needed);
  if ((wanted & kYmmState & ~enabled) != 0) {
    text << separator << "the operating system's support for ymm registers";
  } else if ((wanted & ~enabled) != 0) {
    text << separator << "the operating system's support for zmm registers";
  }
}

}  // namespace vitgen::rt
