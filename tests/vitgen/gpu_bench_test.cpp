// `vitgen bench` and `vitgen report` of libraries on a GPU, an emulated one: its peaks are measured
// like those of a device that is there.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "generators/base/file.h"
#include "tests/cuda/emulated_gpu.h"
#include "tests/vitgen/program.h"
#include "tools/measure/bench_record.h"
#include "tools/vitgen/bench_text.h"
#include "tools/vitgen/peak_kernels.h"

namespace vitgen {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string at(const std::string& name) { return (scratch() / name).string(); }

BenchRecord bench_of(const std::string& library, const std::string& file) {
  must_run({"bench", "-q", library, "--runs", "1", "--format", "json", "-o", file});
  return read_bench(file);
}

void expect_peaks(const BenchRecord& record, DType factors) {
  ASSERT_TRUE(record.gpu);
  EXPECT_EQ(record.gpu->name, "Emulated GPU");
  EXPECT_EQ(record.gpu->l2, std::size_t{1} << 20);
  EXPECT_EQ(record.gpu->factors, factors);
  const MachinePeaks& peaks = record.peaks_of(record.cells[0].threads);
  EXPECT_GT(peaks.gflops, 0);
  EXPECT_GT(peaks.l2_gbs, 0);
  EXPECT_GT(peaks.memory_gbs, 0);
  EXPECT_EQ(peaks.l3_gbs, 0);
}

TEST(GpuBench, HoldsA16BitLibraryAgainstTensorCoresAndDrawsItsRoofs) {
  const std::string library = library_of(
      "timm_vit", {"--target", "cuda-sm90", "--precision", "bf16", "--batch", "1", "--no-cubin"});
  const EmulatedGpu gpu;
  const std::string file = at("gpu_bench.json");
  expect_peaks(bench_of(library, file), DType::bf16);
  const Json json = Json::parse(read_whole(file, 1u << 26));
  for (const Json& kernel : json["cells"][0]["kernels"]) {
    EXPECT_GT(kernel["memory_percent"].get<double>(), 0) << kernel;
  }
  EXPECT_GT(json["cells"][0]["peak_percent"].get<double>(), 0);
  must_run({"report", library, "-q", "--bench", file, "-o", at("gpu.html")});
  const std::string page = read_whole(at("gpu.html"), 1u << 26);
  EXPECT_THAT(page, AllOf(HasSubstr("<dt>GPU</dt><dd>Emulated GPU</dd>"),
                          HasSubstr("aria-label=\"Roofline of "), HasSubstr("class=\"roof peak\""),
                          HasSubstr(">peak of bf16 products "), HasSubstr("bf16 products GF/s"),
                          HasSubstr("such as LayerNorm, cannot reach it")));
}

// Of a GPU that is not there: what is printed follows from the record.
BenchRecord record_of(DType factors) {
  const CellTimes cell{
      .threads = 2, .batch = 8, .ms = run_times({2, 2, 2}), .kernels = {}, .steps = {}};
  BenchRecord record;
  record.library = "vit";
  record.text = "a model";
  record.isa = "an isa";
  record.cpu = "a CPU";
  record.cpus = 4;
  record.gpu = BenchGpu{.name = "a GPU\x1b", .l2 = std::size_t{50} << 20, .factors = factors};
  for (const int threads : {1, 2}) {
    record.peaks.push_back(
        {.threads = threads, .gflops = 830000, .l2_gbs = 5500, .memory_gbs = 4100});
  }
  record.cells = {cell};
  return record;
}

TEST(GpuBench, NamesTheDeviceAndItsPeaksOnce) {
  const std::string narrow = bench_text(record_of(DType::f16), StepDetail::kernels);
  EXPECT_THAT(narrow, AllOf(HasSubstr("\nan isa, a GPU\\x1B, L2 50 MiB; host: a CPU, 4 CPUs\n"
                                      "peak of f16 products: 830.0 TF/s; read L2 5500, memory "
                                      "4100 GB/s\n\n"),
                            HasSubstr("% peak of the f16 products measured above\n"),
                            HasSubstr("% peak of f16 products, by tensor cores, for all kernels")));
  const std::string wide = bench_text(record_of(DType::f32), StepDetail::kernels);
  EXPECT_THAT(wide, AllOf(HasSubstr("\npeak of multiply-adds: 830.0 TF/s;"),
                          HasSubstr("% peak of the multiply-adds measured above\n"),
                          Not(HasSubstr("tensor cores"))));
}

TEST(PeakKernels, AreTheBestProductsThatARowHas) {
  const auto entry = [](const char* row, DType factors) {
    return peak_kernels(find_row(row), factors).products.entry;
  };
  EXPECT_EQ(entry("cuda_sm90", DType::bf16), "warpgroup_peak");
  EXPECT_EQ(entry("cuda_sm80", DType::f16), "product_peak");
  EXPECT_EQ(entry("cuda_sm90", DType::f32), "multiply_add_peak");
  EXPECT_EQ(peak_kernels(find_row("cuda_sm90"), DType::f16).factors, DType::f16);
}

}  // namespace
}  // namespace vitgen
