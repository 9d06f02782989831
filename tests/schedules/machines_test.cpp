// The table of machines.

#include <gtest/gtest.h>

#include "runtime/table.h"
#include "schedules/machine.h"
#include "schedules/machines/cpu_amx.h"
#include "schedules/machines/cpu_avx2.h"
#include "schedules/machines/cpu_avx512.h"

namespace vitgen {
namespace {

// Rows cannot see the runtime's header, so the bits are written twice.
static_assert(cpu_avx2.cpu_features == VITGEN_CPU_AVX2_FMA_F16C);
static_assert(cpu_avx512.cpu_features == (VITGEN_CPU_AVX2_FMA_F16C | VITGEN_CPU_AVX512_SKX));
static_assert(cpu_amx.cpu_features == (cpu_avx512.cpu_features | VITGEN_CPU_AMX_BF16));

std::vector<const Machine*> rows_of(MachineKind kind) {
  std::vector<const Machine*> rows;
  for (const Machine* machine : all_machines()) {
    if (machine->kind == kind) rows.push_back(machine);
  }
  return rows;
}

TEST(Machines, ComeBeforeThoseThatTheirCpusCanRunToo) {
  const auto rows = rows_of(MachineKind::cpu);
  for (auto row = rows.begin(); row != rows.end(); ++row) {
    for (auto later = row + 1; later != rows.end(); ++later) {
      const std::uint32_t of_both = (*row)->cpu_features & (*later)->cpu_features;
      EXPECT_FALSE(of_both == (*row)->cpu_features && of_both != (*later)->cpu_features)
          << (*row)->name << " hides " << (*later)->name;
    }
  }
}

TEST(Machines, OfGpusComeBeforeCpusThoseOfLaterCapabilityFirst) {
  std::vector<std::string_view> names;
  for (const Machine* machine : all_machines()) {
    if (!machine->target.empty()) names.push_back(machine->name);
  }
  EXPECT_EQ(names,
            (std::vector<std::string_view>{"cuda_sm90", "cuda_sm80", "cpu_avx512", "cpu_avx2"}));
}

// The device of a row is a fact by itself: nothing about it is read off the name.
TEST(Machines, WithACapabilityAreGpusAndThoseAlone) {
  for (const Machine* machine : all_machines()) {
    EXPECT_TRUE(machine->capability == 0 || machine->kind == MachineKind::gpu) << machine->name;
    EXPECT_TRUE(machine->only_capability == 0 || machine->only_capability == machine->capability);
    EXPECT_TRUE(machine->target.empty() || machine->kind == MachineKind::cpu ||
                machine->capability != 0)
        << machine->name << " has a target but no capability";
  }
}

TEST(Machines, AreListedByTheTargetsThatHaveOne) {
  EXPECT_EQ(known_targets(), "cuda-sm90, cuda-sm80, x86-64-avx512, x86-64-avx2");
}

TEST(Machines, AreFoundByNameAndByTarget) {
  EXPECT_EQ(find_machine("cpu_avx512").target, "x86-64-avx512");
  EXPECT_EQ(find_machine("x86-64-avx2").name, "cpu_avx2");
}

TEST(Machines, WithoutATargetCannotBeAskedForAsOne) {
  EXPECT_EQ(find_machine("opencl").target, "");
  try {
    find_machine("");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "UNKNOWN_TARGET");
    EXPECT_EQ(error.hint(), "known targets: host, " + known_targets());
  }
}

}  // namespace
}  // namespace vitgen
