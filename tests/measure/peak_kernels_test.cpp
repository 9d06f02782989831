// Kernels that measure a GPU, as a file.

#include <gtest/gtest.h>

#include "tests/base/support.h"
#include "tools/measure/gpu_peaks.h"

namespace vitgen {
namespace {

using testing::code_of;

GpuPeakKernels kernels() {
  return {.factors = DType::bf16,
          .products = {.ptx = "// products\n",
                       .entry = "p",
                       .threads = 128,
                       .blocks = 2,
                       .shared_bytes = 40960,
                       .input_bytes = 2048,
                       .work = 2097152},
          .reads = {
              .ptx = "// reads\n", .entry = "r", .threads = 256, .input_bytes = 16, .work = 16384}};
}

JsonFile file_of(const Json& json) { return {.name = "p.json", .root = json, .codes = {}}; }

TEST(PeakKernels, AreReadBackAsTheyWereWritten) {
  EXPECT_EQ(parse_peak_kernels(file_of(peak_kernels_json(kernels()))), kernels());
}

TEST(PeakKernels, OfAnotherKindAreRefused) {
  const auto with = [&](const char* pointer, const Json& value) {
    Json json = peak_kernels_json(kernels());
    json[Json::json_pointer(pointer)] = value;
    return code_of([&] { parse_peak_kernels(file_of(json)); });
  };
  EXPECT_EQ(with("/factors", "i32"), "CFG_RANGE");
  EXPECT_EQ(with("/products/threads", 2048), "CFG_RANGE");
  EXPECT_EQ(with("/reads/work", 0), "CFG_RANGE");
  EXPECT_EQ(with("/reads/ptx", 1), "CFG_FIELD");
  EXPECT_EQ(with("/reads", nullptr), "CFG_FIELD");
}

}  // namespace
}  // namespace vitgen
