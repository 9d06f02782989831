#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>

#include "runtime/worker.h"

namespace vitgen::rt {
namespace {

struct Stack {
  explicit Stack(uint64_t bytes) {
    scratch.base = static_cast<uint8_t*>(aligned_alloc(VITGEN_ALIGNMENT, bytes));
    scratch.capacity = bytes;
  }
  ~Stack() { free(scratch.base); }
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;
  Scratch scratch;
};

TEST(Scratch, blocks_are_aligned_and_rounded) {
  Stack stack(1024);
  auto* a = static_cast<uint8_t*>(scratch_take(stack.scratch, 1));
  auto* b = static_cast<uint8_t*>(scratch_take(stack.scratch, 129));
  auto* c = static_cast<uint8_t*>(scratch_take(stack.scratch, 128));
  EXPECT_EQ(a, stack.scratch.base);
  EXPECT_EQ(b, a + 128);
  EXPECT_EQ(c, b + 256);
}

TEST(Scratch, is_reused_after_blocks_come_back) {
  Stack stack(256);
  for (int i = 0; i < 1000; ++i) {
    void* a = scratch_take(stack.scratch, 128);
    void* b = scratch_take(stack.scratch, 128);
    ASSERT_NE(b, nullptr);
    EXPECT_EQ(scratch_take(stack.scratch, 1), nullptr);
    scratch_give(stack.scratch, b);
    scratch_give(stack.scratch, a);
  }
}

TEST(Scratch, a_block_freed_early_is_not_reused_below_a_live_one) {
  Stack stack(512);
  void* a = scratch_take(stack.scratch, 128);
  auto* b = static_cast<uint8_t*>(scratch_take(stack.scratch, 128));
  scratch_give(stack.scratch, a);
  EXPECT_EQ(scratch_take(stack.scratch, 128), b + 128);
  scratch_give(stack.scratch, b);
  scratch_give(stack.scratch, b + 128);
  EXPECT_EQ(stack.scratch.top, 0u);
}

TEST(Scratch, refuses_what_does_not_fit) {
  Stack stack(1024);
  EXPECT_EQ(scratch_take(stack.scratch, 1025), nullptr);
  EXPECT_EQ(scratch_take(stack.scratch, std::numeric_limits<uint64_t>::max()), nullptr);
  EXPECT_EQ(scratch_take(stack.scratch, std::numeric_limits<uint64_t>::max() - 127), nullptr);
  EXPECT_NE(scratch_take(stack.scratch, 1024), nullptr);
  EXPECT_EQ(scratch_take(stack.scratch, 1), nullptr);
  Scratch none;
  EXPECT_EQ(scratch_take(none, 1), nullptr);
  scratch_give(none, nullptr);
}

TEST(Scratch, has_a_limit_of_nesting) {
  Stack stack(uint64_t{128} * (kScratchDepth + 1));
  for (uint32_t i = 0; i < kScratchDepth; ++i) EXPECT_NE(scratch_take(stack.scratch, 1), nullptr);
  EXPECT_EQ(scratch_take(stack.scratch, 1), nullptr);
}

}  // namespace
}  // namespace vitgen::rt
