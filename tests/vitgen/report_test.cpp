// `vitgen report` from a library to a page.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "generators/base/file.h"
#include "tests/vitgen/program.h"
#include "tools/measure/bench_record.h"

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
  for (const char* word : {"<!DOCTYPE html>", "blocks.*.attn.qkv", "input</dt><dd>", "Roofline"}) {
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
