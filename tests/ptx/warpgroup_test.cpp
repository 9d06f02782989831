// wgmma: products of four warps from shared memory.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>

#include "tests/ptx/opcodes/fragments.h"
#include "tests/ptx/opcodes/numbers.h"
#include "tests/ptx/program_text.h"

namespace vitgen::ptx {
namespace {

using ::testing::HasSubstr;

constexpr int kColumns = 8, kDepth = 16;
constexpr int kLeftRows = 64;
constexpr std::uint32_t kRightBegin = 64 * 128;  ///< of the right factor in shared memory, bytes

int left_value(int row, int k) { return (5 * row + 3 * k) % 7 - 3; }
int right_value(int column, int k) { return (2 * column + 5 * k) % 9 - 4; }

/// Where an element of a factor lies: rows of 128 bytes, 16-byte chunks swizzled by the row; or, as
/// the plain layout has it, 8 x 8 tiles one after another, first along k.
std::uint32_t place(int row, int k, bool swizzled) {
  const int offset = swizzled ? row * 128 + ((k / 8) ^ (row % 8)) * 16 + k % 8 * 2
                              : row / 8 * 256 + k / 8 * 128 + row % 8 * 16 + k % 8 * 2;
  return static_cast<std::uint32_t>(offset);
}

std::uint64_t descriptor(std::uint32_t address, bool swizzled) {
  const std::uint64_t depth_bytes = swizzled ? 16 : 128, rows_bytes = swizzled ? 1024 : 256;
  return address >> 4 | depth_bytes >> 4 << 16 | rows_bytes >> 4 << 32 |
         std::uint64_t{swizzled ? 1u : 0u} << 62;
}

/// Shared memory as it is to be, then the place of every thread's four sums, as words.
std::vector<std::uint32_t> factors(bool swizzled) {
  std::vector<std::uint32_t> words((kRightBegin + 1024) / 4 + 128 * 4);
  auto* bytes = reinterpret_cast<char*>(words.data());
  const auto put = [&](std::uint32_t at, int value) {
    const Half half = from_double<Half>(value);
    std::memcpy(bytes + at, &half, sizeof half);
  };
  for (int k = 0; k < kDepth; ++k) {
    for (int row = 0; row < kLeftRows; ++row) put(place(row, k, swizzled), left_value(row, k));
    for (int column = 0; column < kColumns; ++column) {
      put(kRightBegin + place(column, k, swizzled), right_value(column, k));
    }
  }
  return words;
}

struct Options {
  bool swizzled = true;
  std::string fence = "fence.proxy.async;\n";
  std::string wait = "wgmma.wait_group.sync.aligned 0;\n";
  std::string left = "%rd3";
  bool adds = true;
};

/// Copies the array to shared memory, multiplies twice, writes each thread's sums behind it.
std::string product_program(const Options& options) {
  std::string text =
      "mov.u32 %r1, %r0;\ncopy:\nmul.wide.u32 %rd2, %r1, 4;\nadd.u64 %rd3, %rd0, %rd2;\n"
      "ld.global.b32 %r2, [%rd3];\nmov.u32 %r3, tile;\nmad.lo.u32 %r3, %r1, 4, %r3;\n"
      "st.shared.b32 [%r3], %r2;\nadd.u32 %r1, %r1, 128;\nsetp.lt.u32 %p1, %r1, ";
  text += std::to_string((kRightBegin + 1024) / 4) + ";\n@%p1 bra copy;\n" + options.fence +
          "bar.sync 0;\n";
  text += "mov.u64 %rd3, " + std::to_string(descriptor(0, options.swizzled)) + ";\nmov.u64 %rd4, " +
          std::to_string(descriptor(kRightBegin, options.swizzled)) + ";\n";
  for (int i = 1; i <= 4; ++i) text += "mov.f32 %f" + std::to_string(i) + ", 0f3F800000;\n";
  text += "setp.eq.u32 %p2, 1, " + std::string(options.adds ? "1" : "0") + ";\n";
  text += "wgmma.fence.sync.aligned;\n";
  for (int i = 0; i < 2; ++i) {
    text += "wgmma.mma_async.sync.aligned.m64n8k16.f32.f16.f16 {%f1, %f2, %f3, %f4}, " +
            options.left + ", %rd4, %p2, 1, 1, " + (options.left[0] == '{' ? "0" : "0, 0") + ";\n";
  }
  text +=
      "wgmma.commit_group.sync.aligned;\n" + options.wait + "mad.wide.u32 %rd5, %r0, 16, %rd0;\n";
  for (int i = 0; i < 4; ++i) {
    text += "st.global.f32 [%rd5+" +
            std::to_string(kRightBegin + 1024 + 4 * static_cast<unsigned>(i)) + "], %f" +
            std::to_string(i + 1) + ";\n";
  }
  return program_text(text, ".extern .shared .align 1024 .b8 tile[];\n");
}

constexpr Shape kShape{.threads = 128, .shared_bytes = kRightBegin + 1024};

float sum_of(const std::vector<std::uint32_t>& array, int thread, int i) {
  return std::bit_cast<float>(
      array[(kRightBegin + 1024) / 4 + static_cast<std::size_t>(4 * thread + i)]);
}

void expect_products(const std::vector<std::uint32_t>& array, int times, int first) {
  for (int thread = 0; thread < 128; ++thread) {
    for (int i = 0; i < 4; ++i) {
      const Element at = wide_c_element(thread % 32, i);
      int sum = 0;
      for (int k = 0; k < kDepth; ++k) {
        sum += left_value(thread / 32 * 16 + at.row, k) * right_value(at.column, k);
      }
      ASSERT_EQ(sum_of(array, thread, i), static_cast<float>(first + times * sum));
    }
  }
}

TEST(Wgmma, MultipliesFactorsInSharedMemory) {
  for (const bool swizzled : {false, true}) {
    std::vector<std::uint32_t> array = factors(swizzled);
    run_program(product_program({.swizzled = swizzled}), array, kShape);
    expect_products(array, 2, 1);
    array = factors(swizzled);
    run_program(product_program({.swizzled = swizzled, .adds = false}), array, kShape);
    expect_products(array, 1, 0);
  }
}

// All of the left factor in registers is the number 1: sums over k of the right one.
TEST(Wgmma, TakesTheLeftFactorFromRegisters) {
  std::vector<std::uint32_t> array = factors(true);
  run_program(product_program({.left = "{%r20, %r20, %r20, %r20}"}), array, kShape);
  EXPECT_TRUE(std::isnan(sum_of(array, 0, 0)));  // of registers that nobody wrote
  std::string text = product_program({.left = "{%r20, %r20, %r20, %r20}"});
  text.insert(text.find("wgmma.fence"), "mov.b32 %r20, 0x3c003c00;\n");
  run_program(text, array, kShape);
  for (int i = 0; i < 4; ++i) {
    int sum = 0;
    for (int k = 0; k < kDepth; ++k) sum += right_value(wide_c_element(3, i).column, k);
    EXPECT_EQ(sum_of(array, 3, i), static_cast<float>(1 + 2 * sum));
  }
}

/// What the program's error says.
std::string product_error(const Options& options, Shape shape = kShape) {
  std::vector<std::uint32_t> array = factors(options.swizzled);
  try {
    run_program(product_program(options), array, shape);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST(Wgmma, ReadsOnlyWhatIsFencedAndWhole) {
  EXPECT_EQ(product_error({}), "");
  EXPECT_THAT(product_error({.fence = ""}), HasSubstr("without fence.proxy.async"));
  EXPECT_THAT(product_error({}, {.threads = 96, .shared_bytes = kShape.shared_bytes}),
              HasSubstr("all lanes of four warps"));
  EXPECT_THAT(product_error({}, {.threads = 128, .shared_bytes = kRightBegin}),
              HasSubstr("out of bounds"));
}

constexpr const char* kWait = "wgmma.wait_group.sync.aligned 0;\n";
// Where the right factor lies, the one of both that every thread may change in turn.
constexpr const char* kChange = "bar.sync 0;\nmov.u32 %r3, tile;\nst.shared.b32 [%r3+8192], 0;\n";

TEST(Wgmma, SumsAreNotTouchedWhileTheirProductIsInFlight) {
  const std::string later = "wgmma.wait_group.sync.aligned 1;\n";
  EXPECT_THAT(product_error({.wait = later}), HasSubstr("touches a sum of a product in flight"));
  EXPECT_THAT(product_error({.wait = later + "mov.f32 %f3, %f9;\n" + kWait}),
              HasSubstr("touches a sum of a product in flight"));
  EXPECT_EQ(product_error({.wait = later + "mov.f32 %f5, %f9;\n" + kWait}), "");
}

TEST(Wgmma, FactorsAreNotChangedWhileTheirProductIsInFlight) {
  EXPECT_THAT(product_error({.wait = std::string(kChange) + kWait}),
              HasSubstr("changes a factor of a product in flight"));
  EXPECT_EQ(product_error({.wait = std::string(kWait) + kChange}), "");
}

TEST(Wgmma, FactorsAreReadByAllBeforeAnotherThreadChangesThem) {
  EXPECT_THAT(product_error({.wait = kWait + std::string("mov.u32 %r3, tile;\n"
                                                         "st.shared.b32 [%r3+8192], 0;\n")}),
              HasSubstr("race"));
}

TEST(Wgmma, ProductsInFlightShareAllSumsOrNone) {
  const auto second = [](const char* sums) {
    return std::string("wgmma.mma_async.sync.aligned.m64n8k16.f32.f16.f16 ") + sums +
           ", %rd3, %rd4, %p2, 1, 1, 0, 0;\nwgmma.commit_group.sync.aligned;\n" + kWait;
  };
  EXPECT_EQ(product_error({.wait = second("{%f1, %f2, %f3, %f4}")}), "");
  EXPECT_EQ(product_error({.wait = second("{%f5, %f6, %f7, %f8}")}), "");
  EXPECT_THAT(product_error({.wait = second("{%f3, %f4, %f5, %f6}")}),
              HasSubstr("other sums than those of the product in flight"));
}

}  // namespace
}  // namespace vitgen::ptx
