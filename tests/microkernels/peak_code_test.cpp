// The kernels that measure a GPU's peaks: what their threads store counts what they did, so a peak
// is no guess of how many operations a loop has.

#include "schedules/microkernels/peak_code.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <numeric>

#include "tests/microkernels/assembler/assembler.h"
#include "tests/ptx/run_text.h"

namespace vitgen::microkernels {
namespace {

constexpr std::uint64_t kInput = 1 << 20, kOutput = 1 << 28;

struct GridRun {
  std::uint32_t blocks = 2;
  std::uint32_t steps = 3;
  std::uint32_t last = 0;
};

template <class T>
std::vector<std::byte> bytes_of(T value) {
  std::vector<std::byte> bytes(sizeof value);
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

/// What each thread stores.
template <class T>
std::vector<T> outputs(const PeakCode& peak, std::span<const std::byte> input, const GridRun& run) {
  std::vector<T> output(std::size_t{run.blocks} * peak.threads);
  ptx::Memory memory;
  memory.add_constant(kInput, input);
  memory.add(kOutput, std::as_writable_bytes(std::span(output)));
  std::vector<std::vector<std::byte>> arguments = {bytes_of(kInput), bytes_of(kOutput),
                                                   bytes_of(run.steps)};
  if (run.last != 0) arguments.push_back(bytes_of(run.last));
  ptx::run_text({.text = peak.ptx,
                 .entry = peak.entry,
                 .grid = {run.blocks, 1, 1},
                 .block = {peak.threads, 1, 1},
                 .shared_bytes = peak.shared_bytes,
                 .arguments = arguments},
                memory);
  return output;
}

template <class T>
std::vector<std::byte> repeated(T value, std::size_t bytes) {
  std::vector<T> values(bytes / sizeof(T), value);
  std::vector<std::byte> result(bytes);
  std::memcpy(result.data(), values.data(), bytes);
  return result;
}

double sum(const std::vector<float>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

// Factors are one, so a sum is the number of its multiply-adds.
void expect_to_count(const PeakCode& peak, std::span<const std::byte> ones) {
  for (const GridRun& run : {GridRun{1, 1}, GridRun{2, 3}}) {
    EXPECT_EQ(sum(outputs<float>(peak, ones, run)), run.blocks * run.steps * peak.work / 2)
        << peak.entry << ", " << run.steps << " steps";
  }
}

TEST(PeakCode, OfMultiplyAddsStoresHowManyItDid) {
  const PeakCode peak = multiply_add_peak();
  std::vector<float> numbers(peak.input_bytes / sizeof(float), 0);
  numbers[0] = numbers[1] = 1;  // x = 1 x + 1
  expect_to_count(peak, std::as_bytes(std::span(numbers)));
}

TEST(PeakCode, OfMultiplyAddsKeepsItsChainsApart) {
  const PeakCode peak = multiply_add_peak();
  std::vector<float> numbers(peak.input_bytes / sizeof(float));
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i);
  numbers[0] = 1;
  numbers[1] = 0;
  const double beginnings = std::accumulate(numbers.begin() + 2, numbers.end(), 0.0);
  EXPECT_EQ(sum(outputs<float>(peak, std::as_bytes(std::span(numbers)), {1, 2})),
            peak.threads * beginnings);
}

constexpr std::uint16_t kOneOfF16 = 0x3c00, kOneOfBf16 = 0x3f80;

TEST(PeakCode, OfProductsStoresHowManyMultiplyAddsItDid) {
  const PeakCode f16 = product_peak(Element::f16), bf16 = product_peak(Element::bf16);
  expect_to_count(f16, repeated(kOneOfF16, f16.input_bytes));
  expect_to_count(bf16, repeated(kOneOfBf16, bf16.input_bytes));
}

TEST(PeakCode, OfProductsOfWarpgroupsStoresHowManyMultiplyAddsItDid) {
  const PeakCode f16 = warpgroup_peak(Element::f16), bf16 = warpgroup_peak(Element::bf16);
  expect_to_count(f16, repeated(kOneOfF16, f16.input_bytes));
  expect_to_count(bf16, repeated(kOneOfBf16, bf16.input_bytes));
}

// Chunks of a lane: two left factors, then two right ones in each of two chunks.
TEST(PeakCode, OfProductsMultipliesEachLeftFactorByEachRightOne) {
  const PeakCode peak = product_peak(Element::f16);
  const std::array<std::uint16_t, 4> values = {0x3c00, 0x4000, 0x4200, 0x4400};  // 1, 2, 3, 4
  std::vector<std::uint16_t> elements;
  for (std::size_t i = 0; i < peak.input_bytes / 2; ++i) elements.push_back(values[i / 8 % 4]);
  const double of_ones = peak.work / 2;
  const double mean = (1 + 2) / 2.0 * (3 + 4) / 2.0;
  EXPECT_EQ(sum(outputs<float>(peak, std::as_bytes(std::span(elements)), {1, 1})), of_ones * mean);
}

TEST(PeakCode, OfReadingReadsEveryByteOfItsInputEquallyOften) {
  const PeakCode peak = read_peak();
  std::vector<std::uint32_t> words(16384);
  std::iota(words.begin(), words.end(), 1000000u);
  const auto last = static_cast<std::uint32_t>(words.size() * 4 - 1);
  const GridRun run{.blocks = 2, .steps = 4, .last = last};
  const double passes = run.blocks * run.steps * peak.work / (last + 1.0);
  ASSERT_EQ(passes, 2);
  std::uint32_t want = 0, got = 0;
  for (const std::uint32_t word : words) want += 2 * word;
  for (const std::uint32_t each :
       outputs<std::uint32_t>(peak, std::as_bytes(std::span(words)), run)) {
    got += each;
  }
  EXPECT_EQ(got, want);
}

// Of a multiprocessor (CUDA C++ Programming Guide, 16.2).
constexpr std::uint32_t kRegisters = 65536;

TEST(PeakCode, AssemblesWithoutSpillsWithinItsRegisters) {
  if (!has_assembler()) GTEST_SKIP() << "not run: there is no ptxas";
  const auto expect = [](const PeakCode& peak, const std::string& architecture) {
    const std::vector<AssemblerReport> reports = assemble(peak.ptx, architecture);
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].stack_bytes, 0);
    EXPECT_EQ(reports[0].spill_bytes, 0);
    EXPECT_GT(reports[0].registers, 0);
    EXPECT_LE(static_cast<std::uint32_t>(reports[0].registers) * peak.threads * peak.blocks,
              kRegisters)
        << peak.entry;
  };
  for (const std::string architecture : {"sm_80", "sm_90a"}) {
    expect(multiply_add_peak(), architecture);
    expect(product_peak(Element::f16), architecture);
    expect(product_peak(Element::bf16), architecture);
    expect(read_peak(), architecture);
  }
  expect(warpgroup_peak(Element::f16), "sm_90a");
  expect(warpgroup_peak(Element::bf16), "sm_90a");
}

}  // namespace
}  // namespace vitgen::microkernels
