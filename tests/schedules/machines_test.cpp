// The table of machines.

#include <gtest/gtest.h>

#include <algorithm>

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

TEST(Machines, ComeBeforeTheirParentsAndNeedAtLeastTheirFeatures) {
  const auto rows = all_machines();
  for (auto row = rows.begin(); row != rows.end(); ++row) {
    if ((*row)->parent.empty()) continue;
    const auto parent = std::ranges::find(row, rows.end(), (*row)->parent, &Machine::name);
    ASSERT_NE(parent, rows.end()) << (*row)->name;
    EXPECT_EQ((*row)->kind, (*parent)->kind);
    EXPECT_EQ((*parent)->cpu_features & ~(*row)->cpu_features, 0u) << (*row)->name;
  }
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
    EXPECT_EQ(error.hint().find("cuda"), std::string::npos) << error.hint();
    EXPECT_EQ(error.hint().find(", ,"), std::string::npos) << error.hint();
  }
}

}  // namespace
}  // namespace vitgen
