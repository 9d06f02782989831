// The arena's size rests on what is read off a lowered kernel.

#include "tools/emit/kernel_scratch.h"

#include <gtest/gtest.h>

#include "generators/base/error.h"

namespace vitgen {
namespace {

using Halide::Func;
using Halide::Var;

const Halide::Target kTarget("x86-64-linux-avx-avx2-fma-no_runtime");
constexpr int kWidth = 8192;  // of floats: 32 KiB, too much for the stack
constexpr std::uint64_t kBytes = kWidth * sizeof(float);
constexpr std::uint64_t kVector = 32;  // Halide asks for one vector more
constexpr std::uint64_t kRounded = (kBytes + kVector + 127) / 128 * 128;

// f's rows out of a buffer of one row; where that lives and what runs in parallel is the caller's.
struct Rows {
  Var x{"x"}, y{"y"}, block{"block"};
  Halide::ImageParam input{Halide::Float(32), 1, "input"};
  Func row{"row"}, f{"f"};

  Rows() {
    row(x) = input(x) * 2.0f;
    f(x, y) = row(x) + row(kWidth - 1 - x) + Halide::cast<float>(y);
    f.bound(x, 0, kWidth);
  }
  KernelScratch scratch() {
    return kernel_scratch(f.compile_to_module({input}, "kernel", kTarget), kTarget);
  }
};

TEST(Scratch, OfTheBodyIsSharedAndOfATaskIsItsOwn) {
  Rows shared;
  shared.row.compute_root();
  shared.f.parallel(shared.y);
  EXPECT_EQ(shared.scratch().shared, kRounded);
  EXPECT_EQ(shared.scratch().task, 0u);

  Rows task;
  task.row.compute_at(task.f, task.y);
  task.f.parallel(task.y);
  EXPECT_EQ(task.scratch().shared, 0u);
  EXPECT_EQ(task.scratch().task, kRounded);
}

std::string error_of(Rows& rows) {
  try {
    rows.scratch();
  } catch (const Error& error) {
    return std::string(error.code());
  }
  return "none";
}

TEST(Scratch, OfUnknownSizeIsRefused) {
  Rows rows;
  rows.f = Func("g");
  rows.f(rows.x, rows.y) = rows.row(rows.x) + rows.row(rows.x / 2);  // as wide as the output
  rows.row.compute_root();
  EXPECT_EQ(error_of(rows), "KERNEL_DYNAMIC_SCRATCH");
}

TEST(Scratch, OfTasksThatStartTasksIsRefused) {
  Rows rows;
  rows.row.compute_root();
  rows.f.split(rows.x, rows.block, rows.x, 1024).parallel(rows.y).parallel(rows.block);
  EXPECT_EQ(error_of(rows), "KERNEL_NESTED_PARALLEL");
}

}  // namespace
}  // namespace vitgen
