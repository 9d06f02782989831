// `vitgen report` from a library to a page.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "generators/base/file.h"
#include "schedules/tuning/database.h"
#include "tests/vitgen/program.h"
#include "tools/measure/bench_record.h"
#include "tools/vitgen/tuning_history.h"

namespace vitgen {
namespace {

std::string library() { return library_of("timm_vit", {"--batch", "2"}); }

std::string at(const std::string& name) { return (scratch() / name).string(); }

std::string bench_file() {
  static const std::string path = [] {
    must_run({"bench", "-q", library(), "--threads", "1", "--runs", "3", "--format", "json", "-o",
              at("report_bench.json")});
    return at("report_bench.json");
  }();
  return path;
}

TEST(Report, WritesThePageOfABenchmark) {
  must_run({"report", library(), "-q", "--bench", bench_file(), "-o", at("r.html")});
  const std::string page = read_whole(at("r.html"), 1u << 26);
  // The fixture's config names the architecture and gives it 2 blocks of width 32.
  for (const char* word : {"<h1>fx: vit_tiny_patch16_224 with other sizes, 3x24x24</h1>",
                           "<!DOCTYPE html>", "blocks.*.attn.qkv", "input</dt><dd>", "Roofline"}) {
    EXPECT_NE(page.find(word), page.npos) << word;
  }
}

TEST(Report, MeasuresWhereThereIsNoBenchmark) {
  must_run({"report", library(), "-q", "--threads", "1", "-o", at("m.html")});
  EXPECT_NE(read_whole(at("m.html"), 1u << 26).find("1 thread, batch 2"), std::string::npos);
}

// Runs the report with a changed benchmark.
ProcessResult with_bench(const std::string& pointer, const Json& value) {
  Json json = bench_json(read_bench(bench_file()));
  json[Json::json_pointer(pointer)] = value;
  std::ofstream(at("changed.json")) << json.dump();
  return run_vitgen({"report", library(), "--bench", at("changed.json"), "-o", at("none.html")});
}

TEST(Report, RefusesABenchmarkOfAnotherLibrary) {
  const ProcessResult result = with_bench("/library/abi_hash", "00");
  EXPECT_EQ(result.status, 3) << result.output;
  EXPECT_NE(result.output.find("another library"), std::string::npos) << result.output;
  EXPECT_EQ(with_bench("/schema", 2).status, 3);
  EXPECT_FALSE(std::filesystem::exists(at("none.html")));
}

std::string page_of(const std::vector<std::string>& words, const std::string& name) {
  std::vector<std::string> all = {"report"};
  all.insert(all.end(), words.begin(), words.end());
  all.insert(all.end(), {"-q", "-o", at(name)});
  must_run(all);
  return read_whole(at(name), 1u << 26);
}

TEST(Report, CountsTheWorkOfABenchmarkAgain) {
  const Json good = bench_json(read_bench(bench_file()));
  const std::string page = page_of({library(), "--bench", bench_file()}, "good.html");
  for (const char* key : {"flops", "bytes", "calls"}) {
    Json json = good;
    for (const char* list : {"kernels", "steps"}) {
      for (Json& each : json["cells"][0][list]) each[key] = 1000000;
    }
    std::ofstream(at("absurd.json")) << json.dump();
    EXPECT_TRUE(page_of({library(), "--bench", at("absurd.json")}, "absurd.html") == page) << key;
  }
  for (const char* pointer : {"/cells/0/kernels/0/spec", "/cells/0/steps/0/batch"}) {
    const bool spec = std::string_view(pointer).ends_with("spec");
    const ProcessResult result = with_bench(pointer, spec ? Json("linear(rows=1)") : Json(77));
    EXPECT_EQ(result.status, 3) << result.output;
    EXPECT_NE(result.output.find(spec ? "has no kernel linear(rows=1)" : "no steps for batch 77"),
              std::string::npos)
        << result.output;
  }
}

// Each kernel's operations follow from its spec, whatever a manifest says they are.
TEST(Report, BelievesNoNumberOfOperationsOfAManifest) {
  namespace fs = std::filesystem;
  const fs::path directory = at("edited");
  fs::copy(library(), directory);
  Json manifest = Json::parse(read_whole((directory / "fx.manifest.json").string(), 1u << 26));
  for (Json& kernel : manifest["kernels"]) kernel["flops"] = -1e300;
  std::ofstream(directory / "fx.manifest.json") << manifest.dump();
  must_run({"bench", "-q", directory.string(), "--threads", "1", "--runs", "3", "--format", "json",
            "-o", at("edited.json")});
  const BenchRecord edited = read_bench(at("edited.json")), good = read_bench(bench_file());
  for (std::size_t c = 0; c < good.cells.size(); ++c) {
    EXPECT_EQ(edited.cells[c].flops(), good.cells[c].flops());
  }
}

TEST(Report, AFileThatCannotBeReadOrWrittenIsNamed) {
  EXPECT_EQ(run_vitgen({"report", library(), "--bench", at("absent"), "-o", at("n.html")}).status,
            4);
  EXPECT_EQ(run_vitgen({"report", library(), "--peers", at("absent"), "-o", at("n.html")}).status,
            4);
  std::ofstream(at("bad.json")) << "{";
  EXPECT_EQ(run_vitgen({"report", library(), "--peers", at("bad.json"), "-o", at("n.html")}).status,
            3);
  EXPECT_EQ(run_vitgen({"report", library(), "--bench", bench_file(), "-o", "/proc/r.html"}).status,
            4);
}

TuningTrial trial(const BenchRecord& bench, const std::string& run, int ordinal, double ns) {
  TuningTrial trial;
  trial.host = "amd-25-1-1_l1d32k_l2512k_l332m_c2";
  trial.machine = "cpu_avx2";
  trial.spec = OpSpec::parse(bench.cells[0].kernels[0].spec);
  trial.choice = Choice::parse("cpu/linear(m_r=6)");
  trial.versions = current_versions(1);
  trial.status = ns > 0 ? TrialStatus::measured : TrialStatus::rejected_code;
  trial.reason = ns > 0 ? "" : "12 spills";
  trial.samples = ns > 0 ? 7 : 0;
  trial.best_ns = ns;
  trial.median_ns = 2 * ns;
  trial.run = run;
  trial.ordinal = ordinal;
  trial.date = run;
  return trial;
}

TEST(Report, ShowsTheLastSearchForEachKernel) {
  BenchRecord bench = read_bench(bench_file());
  bench.isa = "x86-64-avx2";
  const std::string path = at("tuning.db");
  TuningDatabase database = TuningDatabase::open(path);
  database.add(trial(bench, "2026-11-22T10:00:00Z", 0, 100));
  database.add(trial(bench, "2026-11-23T10:00:00Z", 1, 250));
  database.add(trial(bench, "2026-11-23T10:00:00Z", 0, 0));
  const TuningTrial last = trial(bench, "2026-11-23T10:00:00Z", 1, 250);
  database.put({.host = last.host,
                .machine = last.machine,
                .spec = last.spec,
                .choice = Choice::parse("cpu/linear(m_r=4)"),
                .versions = last.versions,
                .median_ns = 260,
                .date = last.date});
  const std::vector<TuningHistory> histories = tuning_history(path, bench);
  ASSERT_EQ(histories.size(), 1u);
  EXPECT_EQ(histories[0].recorded, "cpu/linear(m_r=4)");
  EXPECT_EQ(histories[0].spec, bench.cells[0].kernels[0].spec);
  EXPECT_GT(histories[0].flops, 0);
  ASSERT_EQ(histories[0].trials.size(), 2u);
  EXPECT_EQ(histories[0].trials[0].status, "rejected_code");
  EXPECT_EQ(histories[0].trials[0].reason, "12 spills");
  EXPECT_DOUBLE_EQ(histories[0].trials[1].best_us, 0.25);
  must_run({"report", library(), "-q", "--bench", bench_file(), "--db", path, "-o", at("t.html")});
  EXPECT_EQ(read_whole(at("t.html"), 1u << 26).find("How it was tuned") != std::string::npos,
            read_bench(bench_file()).isa == bench.isa);
}

TEST(Report, ADatabaseThatIsNamedMustBeThere) {
  const ProcessResult result = run_vitgen({"report", library(), "--bench", bench_file(), "--db",
                                           at("absent.db"), "-o", at("none.html")});
  EXPECT_EQ(result.status, 4) << result.output;
  EXPECT_NE(result.output.find("no such database"), std::string::npos) << result.output;
}

TEST(Report, ShowsTheNamesOfAHostileManifestAsText) {
  const ProcessResult result = with_bench("/library/text", "<img src=x onerror=alert(1)>");
  EXPECT_EQ(result.status, 0) << result.output;
  const std::string page = read_whole(at("none.html"), 1u << 26);
  std::filesystem::remove(at("none.html"));
  EXPECT_EQ(page.find("<img"), page.npos);
  EXPECT_NE(page.find("&lt;img"), page.npos);
}

}  // namespace
}  // namespace vitgen
