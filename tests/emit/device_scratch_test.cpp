// Device memory between the launches of a kernel.

#include <gtest/gtest.h>

#include "runtime/table.h"
#include "tools/emit/kernel_device_scratch.h"

namespace vitgen {
namespace {

constexpr std::uint64_t kUnit = VITGEN_ALIGNMENT;

TEST(DeviceScratch, WhatIsAliveAtOnceDoesNotOverlap) {
  DeviceScratch scratch;
  scratch.allocate("a", 1);
  scratch.allocate("b", kUnit + 1);
  scratch.allocate("c", 4);
  EXPECT_EQ(*scratch.find("a"), 0u);
  EXPECT_EQ(*scratch.find("b"), kUnit);
  EXPECT_EQ(*scratch.find("c"), 3 * kUnit);
  EXPECT_EQ(scratch.bytes(), 4 * kUnit);
  EXPECT_EQ(scratch.find("d"), nullptr);
}

TEST(DeviceScratch, WhatWasFreedIsUsedAgainWhereItFits) {
  DeviceScratch scratch;
  for (const char* name : {"a", "b", "c"}) scratch.allocate(name, kUnit);
  scratch.free("b");
  EXPECT_EQ(scratch.find("b"), nullptr);
  scratch.allocate("large", 2 * kUnit);
  scratch.allocate("small", kUnit);
  EXPECT_EQ(*scratch.find("large"), 3 * kUnit);
  EXPECT_EQ(*scratch.find("small"), kUnit);
  EXPECT_EQ(scratch.bytes(), 5 * kUnit);
}

}  // namespace
}  // namespace vitgen
