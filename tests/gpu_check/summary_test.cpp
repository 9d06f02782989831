// What a check on a GPU says of the figures that its parts left.

#include "tools/gpu_check/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "generators/base/error.h"
#include "generators/base/output_set.h"
#include "generators/base/temp_dir.h"

namespace vitgen {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// A folder that parts are put into.
class GpuSummary : public ::testing::Test {
 protected:
  void put(const std::string& name, const std::string& text) {
    write_aside(folder_.path() + "/" + name, text);
  }
  Json summary() const { return gpu_summary(folder_.path()); }
  std::string page() const { return summary_page(summary()); }
  /// The aim whose words begin so.
  Json aim(const std::string& words) const {
    const Json all = summary();
    for (const Json& each : all["aims"]) {
      if (each["aim"].get<std::string>().starts_with(words)) return each;
    }
    ADD_FAILURE() << "no aim " << words;
    return {};
  }
  void put_check(const std::string& name, bool pass) {
    put("check_" + name + ".json",
        Json{
            {"library", name},
            {"isa", "cuda-sm90"},
            {"precision", "f16"},
            {"ops",
             {{{"op", "linear"},
               {"steps", 8},
               {"checked", 800},
               {"failed", pass ? 0 : 3},
               {"worst_ratio", pass ? Json(0.25) : Json(nullptr)},
               {"worst_step", "head, batch 1"}}}},
            {"outputs", {{{"output", "logits"}, {"error", 1e-4}, {"bound", 1e-3}, {"pass", true}}}},
            {"graph_equals_launches", true},
            {"device_equals_host", true},
            {"pass", pass}}
            .dump());
  }
  void put_bench(const std::string& name, int batch, double ms, double images_per_s,
                 double attention, double linear) {
    const std::string rows = std::to_string(197 * batch);
    put("bench_" + name + ".json",
        Json{{"library", name},
             {"isa", "cuda-sm90"},
             {"precision", "f16"},
             {"cells",
              {{{"batch", batch},
                {"run_ms", {{"p50", 2 * ms}}},
                {"device_ms", {{"p50", ms}}},
                {"images_per_s", images_per_s},
                {"kernels",
                 {{{"op", "attention"},
                   {"calls", 12},
                   {"ms", 1.0},
                   {"tflops", attention},
                   {"spec", "attention(batch=8,tokens=197,heads=12,head_size=64,storage=f16)"}},
                  {{"op", "linear"},
                   {"calls", 12},
                   {"ms", 1.2},
                   {"tflops", linear},
                   {"spec", "linear(rows=" + rows + ",k=768,n=2304,storage=f16)"}}}}}}}}
            .dump());
  }
  void put_peers(double ratio, double cublas) {
    const Json figure = {{"median_ms", 1.0}, {"ratio", {ratio, ratio - 0.01, ratio + 0.01}}};
    put("peers.json",
        Json{{"versions", {{"torch", "2.9"}}},
             {"cublas_tflops", {{"50432:768:2304:f16", cublas}}},
             {"cells",
              {{"vit_base_patch16_224_f16:256",
                {{"mode", "max-autotune"}, {"figures", {{"torch_compile", figure}}}}}}}}
            .dump());
  }

  /// 500 TFLOP/s and 4000 GB/s, and what a call of the linear of batch 256 moves.
  void put_roofs(const std::string& name, double linear_bytes) {
    put("roofs_" + name + ".json",
        Json{{"library", name},
             {"isa", "cuda-sm90"},
             {"factors", "f16"},
             {"tflops", 500.0},
             {"l2_gbs", 6000.0},
             {"memory_gbs", 4000.0},
             {"kernels",
              {{{"spec", "linear(rows=50432,k=768,n=2304,storage=f16)"}, {"bytes", linear_bytes}}}}}
            .dump());
  }

 private:
  TempDir folder_{std::filesystem::temp_directory_path().string()};
};

TEST_F(GpuSummary, OfNoPartsIsIncompleteAndLeavesEveryAimOpen) {
  EXPECT_EQ(verdict_of(summary()), Verdict::incomplete);
  const Json all = summary();
  for (const Json& each : all["aims"]) EXPECT_TRUE(each["met"].is_null()) << each;
  EXPECT_THAT(page(), HasSubstr("correctness: not all could be checked"));
}

TEST_F(GpuSummary, IsRightWhereEveryCheckIs) {
  put_check("one", true);
  EXPECT_EQ(verdict_of(summary()), Verdict::right);
  EXPECT_THAT(page(), HasSubstr("correctness: holds"));
  EXPECT_THAT(page(), HasSubstr("| 8 | 800 | 0 | 0.250 (linear, head, batch 1) |"));
  put_check("two", false);
  EXPECT_EQ(verdict_of(summary()), Verdict::wrong);
  EXPECT_THAT(page(), HasSubstr("correctness: DOES NOT HOLD"));
  EXPECT_THAT(page(), HasSubstr("| 8 | 800 | 3 | inf (linear, head, batch 1) |"));
}

TEST_F(GpuSummary, IsIncompleteWhereAPartBroke) {
  put_check("one", true);
  put("failed.txt", "check two on cuda-sm80: no end after 60 s\n");
  EXPECT_EQ(verdict_of(summary()), Verdict::incomplete);
  EXPECT_THAT(page(), HasSubstr("- check two on cuda-sm80: no end after 60 s\n"));
}

TEST_F(GpuSummary, TellsWhatWasSkippedAndWhichOpsWereNotChecked) {
  put_check("one", true);
  put("skipped.txt", "compute-sanitizer: not installed\n");
  EXPECT_EQ(verdict_of(summary()), Verdict::right);
  EXPECT_THAT(page(), HasSubstr("- compute-sanitizer: not installed\n"));
  EXPECT_THAT(page(), HasSubstr("Ops that no library here has: add argsort attention "));
  EXPECT_THAT(page(), Not(HasSubstr(" linear ")));
}

TEST_F(GpuSummary, MeetsAimsThatAreReached) {
  put_bench("vit_base_patch16_224_f16", 256, 19, 13500, 160, 400);
  put_peers(0.9, 500);
  EXPECT_EQ(aim("ViT-B/16, batch 256")["met"], true);
  EXPECT_EQ(aim("attention")["met"], true);
  EXPECT_EQ(aim("linears")["met"], true);
  EXPECT_TRUE(aim("ahead")["met"].is_null()) << "one of 24 cells proves nothing";
  EXPECT_TRUE(aim("ViT-B/16, batch 1:")["met"].is_null());
  EXPECT_THAT(page(), HasSubstr("| 38.000 | 19.000 | 13500 | 1.000 (max-autotune) | 0.900 ("));
}

TEST_F(GpuSummary, MissesAimsThatAreNot) {
  put_bench("vit_base_patch16_224_f16", 256, 21, 12500, 140, 370);
  put_bench("vit_base_patch16_224_bf16", 1, 0.6, 1600, 10, 10);
  put_peers(1.1, 500);
  EXPECT_EQ(aim("ViT-B/16, batch 256")["met"], false);
  EXPECT_EQ(aim("ViT-B/16, batch 1:")["met"], false);
  EXPECT_EQ(aim("attention")["met"], false);
  EXPECT_EQ(aim("linears")["met"], false);
  EXPECT_EQ(aim("linears")["measured"], "0 of 1; least 74 % (50432:768:2304:f16)");
  EXPECT_EQ(aim("ahead")["met"], false);
}

TEST_F(GpuSummary, HoldsKernelsAgainstTheRoofsOfTheirLibrary) {
  put_bench("vit_base_patch16_224_f16", 256, 19, 13500, 160, 400);
  put_bench("vit_tiny_patch16_224_f16", 256, 19, 13500, 160, 400);
  put_roofs("vit_base_patch16_224_f16", 2e8);
  EXPECT_THAT(page(),
              HasSubstr("| vit_base_patch16_224_f16 | cuda-sm90 | f16 | 500.0 | 6000 | 4000 |"));
  // 12 calls in 1.2 ms: 2e12 bytes a second.
  EXPECT_THAT(page(), HasSubstr("storage=f16) | 12 | 1.200 | 400.0 | 80.0 | 2000 | 50 |"));
  EXPECT_THAT(page(), HasSubstr("storage=f16) | 12 | 1.000 | 160.0 | 32.0 | - | - |"))
      << "nobody says what attention moves";
  EXPECT_THAT(page(), HasSubstr("| 400.0 | - | - | - |")) << "the other library has no roofs";
  EXPECT_EQ(aim("attention")["measured"], "160 TFLOP/s, 32 % of the measured peak");
}

TEST_F(GpuSummary, RefusesAPartThatIsNoJson) {
  put("check_one.json", "{");
  try {
    summary();
    FAIL() << "read";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "GPU_PART");
  }
}

}  // namespace
}  // namespace vitgen
