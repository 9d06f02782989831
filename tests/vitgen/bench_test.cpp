// What `vitgen bench` prints; how long anything takes, no test may say.

#include "tools/vitgen/bench.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "generators/base/file.h"
#include "tests/vitgen/program.h"
#include "tools/emit/manifest.h"
#include "tools/vitgen/bench_cell.h"
#include "tools/vitgen/library_facts.h"
#include "tools/vitgen/text_table.h"

namespace vitgen {
namespace {

std::string library() { return library_of("timm_vit", {"--batch", "2"}); }

BenchRecord bench_of(std::vector<std::string> more) {
  const std::string path = (scratch() / "bench.json").string();
  std::vector<std::string> words = {"bench", "-q", library(), "--format", "json", "-o", path};
  words.insert(words.end(), more.begin(), more.end());
  must_run(words);
  return read_bench(path);
}

TEST(Bench, JsonHasEveryCellWithItsWork) {
  const BenchRecord record = bench_of({"--threads", "1", "--batch", "3,1,2,1", "--runs", "5"});
  const LibraryFacts facts = library_facts(read_manifest(library()));
  std::vector<int> batches;
  for (const CellTimes& cell : record.cells) {
    batches.push_back(cell.batch);
    EXPECT_EQ(cell.threads, 1);
    EXPECT_EQ(cell.ms.runs, 5);
    EXPECT_TRUE(
        std::ranges::is_sorted(std::vector{cell.ms.min, cell.ms.p10, cell.ms.p25, cell.ms.p50,
                                           cell.ms.p75, cell.ms.p90, cell.ms.p99, cell.ms.max}));
    EXPECT_GT(cell.ms.min, 0);
    EXPECT_GT(cell.gflops(), 0);
    double of_kernels = 0;
    for (const KernelTime& kernel : cell.kernels) of_kernels += kernel.cost.flops;
    EXPECT_DOUBLE_EQ(of_kernels, cell.flops());
  }
  EXPECT_EQ(batches, (std::vector{1, 2, 3}));
  const std::size_t steps = facts.buckets[0].steps.size();
  EXPECT_EQ(record.cells[0].steps.size(), steps);
  EXPECT_EQ(record.cells[1].steps.size(), steps);
  EXPECT_EQ(record.cells[2].steps.size(), 2 * steps) << "3 images are 2 and 1";
  EXPECT_DOUBLE_EQ(record.cells[2].flops(), record.cells[0].flops() + record.cells[1].flops());
  EXPECT_GT(record.peaks_of(1).gflops, 0);
  EXPECT_EQ(record.seconds, 0);
}

TEST(Bench, StepsPointAtTheirKernelsWhichComeByTime) {
  const BenchRecord record = bench_of({"--threads", "1,2", "--batch", "1", "--runs", "3"});
  for (const CellTimes& cell : record.cells) {
    EXPECT_TRUE(std::ranges::is_sorted(cell.kernels, std::ranges::greater{},
                                       [](const KernelTime& k) { return k.cost.ms; }));
    std::vector<int> calls(cell.kernels.size(), 0);
    for (const StepTime& step : cell.steps) calls[step.kernel] += step.cost.calls;
    for (std::size_t k = 0; k < calls.size(); ++k) {
      EXPECT_EQ(calls[k], cell.kernels[k].cost.calls);
      EXPECT_TRUE(cell.kernels[k].spec.starts_with(cell.kernels[k].op + "("));
      EXPECT_FALSE(cell.kernels[k].choice.empty());
    }
    const auto qkv = std::ranges::find(cell.kernels, "blocks.*.attn.qkv", &KernelTime::steps);
    ASSERT_NE(qkv, cell.kernels.end());
    EXPECT_EQ(qkv->op, "linear");
    EXPECT_EQ(qkv->cost.calls, 2) << "the fixture has two blocks";
  }
}

TEST(Bench, TextHasOneRowPerCellAndPerKernelOrStep) {
  const std::vector<std::string> words = {"bench",   "-q", library(), "--threads", "1",
                                          "--batch", "1",  "--runs",  "3",         "--steps"};
  const auto with = [&](const std::string& detail) {
    std::vector<std::string> all = words;
    all.push_back(detail);
    return must_run(all);
  };
  const std::string kernels = with("kernels");
  for (const char* word : {"threads  batch", "p99 ms", "images/s", "GF/s", "% peak", "% memory",
                           "blocks.*.attn.qkv", "peak of 1 thread: "}) {
    EXPECT_NE(kernels.find(word), std::string::npos) << word << "\n" << kernels;
  }
  EXPECT_NE(with("all").find("blocks.1.attn.qkv"), std::string::npos);
  EXPECT_EQ(with("none").find("attn.qkv"), std::string::npos);
}

TEST(Bench, AnIsaThatTheLibraryLacksIsNamed) {
  const ProcessResult result = run_vitgen({"bench", library(), "--isa", "x86-64-nosuch"});
  EXPECT_EQ(result.status, 6) << result.output;
}

TEST(Bench, WhereNothingCanBeWrittenFails) {
  const ProcessResult result =
      run_vitgen({"bench", "-q", library(), "--runs", "1", "-o", "/proc/bench.json"});
  EXPECT_EQ(result.status, 4) << result.output;
}

TEST(Bench, ABatchIsCutLikeTheRuntimeDoes) {
  LibraryFacts facts;
  for (const int batch : {1, 4, 16}) facts.buckets.push_back({.batch = batch, .steps = {}});
  EXPECT_EQ(bucket_calls(facts, 1), (std::vector{1, 0, 0}));
  EXPECT_EQ(bucket_calls(facts, 42), (std::vector{2, 2, 2}));
}

TEST(Bench, StepsOfOneKernelGetOneName) {
  EXPECT_EQ(common_step_name({"blocks.0.attn.qkv", "blocks.11.attn.qkv"}), "blocks.*.attn.qkv");
  EXPECT_EQ(common_step_name({"blocks.0.norm1", "blocks.0.norm2", "blocks.1.norm1"}),
            "blocks.*.norm1, blocks.*.norm2");
  EXPECT_EQ(common_step_name({"blocks.0.norm1"}), "blocks.0.norm1");
  EXPECT_EQ(common_step_name({"head", "a..1", ""}), "head, a..*, ");
}

TEST(TextTable, AlignsNumbersRightAndEndsNoLineInSpaces) {
  EXPECT_EQ(text_table({{"name", "ms"}, {"a", "10.5"}, {"long name", ""}}, 1),
            "name         ms\na          10.5\nlong name\n");
}

}  // namespace
}  // namespace vitgen
