// A benchmark's JSON says what its values say, and what is no benchmark is refused by name.

#include "tools/measure/bench_record.h"

#include <gtest/gtest.h>

#include "tests/base/support.h"

namespace vitgen {
namespace {

using testing::code_of;
using testing::Scratch;
using testing::thrown_by;

BenchRecord record() {
  CellTimes cell{.threads = 2,
                 .batch = 8,
                 .ms = run_times({4, 1, 2, 3, 5}),
                 .kernels = {{.name = "linear_1",
                              .op = "linear",
                              .spec = "linear(rows=1)",
                              .choice = "cpu/linear()",
                              .provenance = "default",
                              .steps = "blocks.*.fc",
                              .cost = {.calls = 2, .ms = 2, .flops = 4e6, .bytes = 1e6}}},
                 .steps = {}};
  for (const char* name : {"blocks.0.fc", "blocks.1.fc"}) {
    cell.steps.push_back({.name = name,
                          .batch = 8,
                          .kernel = 0,
                          .cost = {.calls = 1, .ms = 1, .flops = 2e6, .bytes = 5e5}});
  }
  return {.date = "2026-11-23T10:35:47Z",
          .vitgen = "0.1.0",
          .halide = "21.0.0",
          .llvm = "19.1.7",
          .library = "vit",
          .text = "a model",
          .abi_hash = "00ff",
          .isa = "an isa",
          .cpu = "a CPU",
          .cpus = 2,
          .caches = {.l1 = 32 << 10, .l2 = 1 << 20, .l3 = 0},
          .peaks = {{.threads = 2,
                     .gflops = 20,
                     .l1_gbs = 100,
                     .l2_gbs = 50,
                     .l3_gbs = 0,
                     .memory_gbs = 10}},
          .seconds = 2,
          .seed = 1,
          .cells = {cell}};
}

JsonFile file_of(const Json& json) {
  return {.name = "b.json", .root = json, .codes = bench_codes()};
}

TEST(BenchRecord, DerivedFiguresFollowFromTimeAndWork) {
  const BenchRecord bench = record();
  const CellTimes& cell = bench.cells[0];
  EXPECT_DOUBLE_EQ(cell.ms.p50, 3);
  EXPECT_DOUBLE_EQ(cell.ms.spread(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(cell.flops(), 4e6);
  EXPECT_DOUBLE_EQ(cell.gflops(), 4e6 / 3e-3 * 1e-9);
  EXPECT_DOUBLE_EQ(cell.images_per_s(), 8 / 3e-3);
  EXPECT_DOUBLE_EQ(cell.kernels[0].cost.gflops(), 2);
  EXPECT_DOUBLE_EQ(cell.kernels[0].cost.gbs(), 0.5);
  EXPECT_DOUBLE_EQ((Cost{.calls = 1, .ms = 0, .flops = 1, .bytes = 1}.gflops()), 0);
}

TEST(BenchRecord, JsonHoldsTheDerivedFiguresToo) {
  const Json json = bench_json(record());
  EXPECT_EQ(json["schema"], 1);
  const Json& kernel = json["cells"][0]["kernels"][0];
  EXPECT_DOUBLE_EQ(kernel["share_percent"], 100);
  EXPECT_DOUBLE_EQ(kernel["gflops"], 2);
  EXPECT_DOUBLE_EQ(kernel["peak_percent"], 10);
  EXPECT_DOUBLE_EQ(kernel["memory_percent"], 5);
  EXPECT_DOUBLE_EQ(json["cells"][0]["ms"]["p50"], 3);
}

TEST(BenchRecord, ReadsBackWhatItWrote) {
  const Scratch scratch;
  EXPECT_EQ(read_bench(scratch.write("b.json", bench_json(record()).dump(1))), record());
}

BenchRecord record_of_a_gpu() {
  BenchRecord bench = record();
  bench.gpu = BenchGpu{.name = "a GPU", .l2 = 50 << 20, .factors = DType::bf16};
  return bench;
}

TEST(BenchRecord, OfAGpuReadsBackWithTheDeviceThatItsPeaksAreOf) {
  const Json json = bench_json(record_of_a_gpu());
  EXPECT_EQ(json["machine"]["gpu"],
            (Json{{"name", "a GPU"}, {"l2", 50 << 20}, {"factors", "bf16"}}));
  EXPECT_EQ(parse_bench(file_of(json)), record_of_a_gpu());
  EXPECT_FALSE(bench_json(record())["machine"].contains("gpu"));
}

// As files of a GPU's library were before its peaks were measured.
TEST(BenchRecord, WithoutADeviceIsReadAsBefore) {
  Json json = bench_json(record_of_a_gpu());
  json["machine"].erase("gpu");
  EXPECT_EQ(parse_bench(file_of(json)), record());
}

TEST(BenchRecord, SaysWhatItsPeaksArePeaksOf) {
  EXPECT_EQ(record().peak_words(), "multiply-adds");
  BenchRecord bench = record_of_a_gpu();
  EXPECT_EQ(bench.peak_words(), "bf16 products");
  bench.gpu->factors = DType::f32;
  EXPECT_EQ(bench.peak_words(), "multiply-adds");
}

TEST(BenchRecord, ADamagedDeviceIsNamed) {
  const auto with = [&](const std::string& pointer, const Json& value) {
    Json json = bench_json(record_of_a_gpu());
    json[Json::json_pointer(pointer)] = value;
    return code_of([&] { parse_bench(file_of(json)); });
  };
  EXPECT_EQ(with("/machine/gpu", "a GPU"), "BENCH_FIELD");
  EXPECT_EQ(with("/machine/gpu/name", 1), "BENCH_FIELD");
  EXPECT_EQ(with("/machine/gpu/l2", -1), "BENCH_RANGE");
  EXPECT_EQ(with("/machine/gpu/factors", "i32"), "BENCH_RANGE");
}

TEST(BenchRecord, EveryDamageIsNamed) {
  const Json good = bench_json(record());
  const auto with = [&](const std::string& pointer, const Json& value) {
    Json json = good;
    json[Json::json_pointer(pointer)] = value;
    return thrown_by([&] { parse_bench(file_of(json)); });
  };
  EXPECT_EQ(with("/schema", 2).code, "BENCH_RANGE");
  EXPECT_EQ(with("/cells", Json::array()).code, "BENCH_RANGE");
  EXPECT_EQ(with("/cells/0/threads", 3).code, "BENCH_RANGE") << "no peak of 3 threads";
  EXPECT_EQ(with("/cells/0/ms/p50", -1).code, "BENCH_RANGE");
  EXPECT_EQ(with("/machine/peaks/0/gflops", 1e-320).code, "BENCH_RANGE") << "quotients overflow";
  EXPECT_EQ(with("/cells/0/ms/p50", "fast").code, "BENCH_FIELD");
  EXPECT_EQ(with("/cells/0/steps/1/kernel", 1).code, "BENCH_RANGE");
  EXPECT_EQ(with("/cells/0/kernels", Json::array()).code, "BENCH_RANGE");
  EXPECT_EQ(with("/library/name", nullptr).code, "BENCH_FIELD");
  const auto thrown = with("/cells/0/steps/1/calls", 1e9);
  EXPECT_EQ(thrown.exit, ExitCode::bad_input);
  EXPECT_NE(thrown.message.find("calls"), std::string::npos) << thrown.message;
}

TEST(BenchRecord, AFileThatIsNoJsonIsRefused) {
  const Scratch scratch;
  EXPECT_EQ(code_of([&] { read_bench(scratch.write("b.json", "{")); }), "BENCH_JSON");
  EXPECT_EQ(code_of([&] { read_bench(scratch.at("absent.json")); }), "IO_OPEN");
}

TEST(BenchRecord, ACellWithoutItsPeakCannotBeWritten) {
  BenchRecord bench = record();
  bench.peaks.clear();
  EXPECT_EQ(code_of([&] { bench_json(bench); }), "BENCH_PEAKS");
}

}  // namespace
}  // namespace vitgen
