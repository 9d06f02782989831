#include "generators/base/counted.h"

#include <gtest/gtest.h>

#include <cstddef>

namespace vitgen {
namespace {

TEST(Counted, OnlyOneIsSingular) {
  EXPECT_EQ(counted(0, "thread"), "0 threads");
  EXPECT_EQ(counted(1, "thread"), "1 thread");
  EXPECT_EQ(counted(std::size_t{2}, "record"), "2 records");
}

}  // namespace
}  // namespace vitgen
