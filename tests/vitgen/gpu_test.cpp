// Libraries with variants for GPUs, on a computer that need not have one.

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>

#include "generators/base/file.h"
#include "tests/vitgen/program.h"
#include "tools/emit/manifest.h"
#include "tools/vitgen/loaded_library.h"

namespace vitgen {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kBoth = {"--target", "cuda-sm80,x86-64-avx2"};

std::vector<float> run_on(const std::string& directory, const std::string& isa) {
  LoadedLibrary library(directory, {.threads = 1, .isa = isa});
  EXPECT_EQ(library.isa(), isa);
  const std::vector<float> input = noise(library.input().elements, 7);
  std::vector<float> output(library.outputs()[0].elements);
  void* const outputs[] = {output.data()};
  library.run(1, input.data(), outputs);
  return output;
}

TEST(GpuTarget, LeavesTheBitsOfTheCpuVariantBesideIt) {
  const std::vector<float> beside = run_on(library_of("timm_vit", kBoth), "x86-64-avx2");
  const std::vector<float> alone =
      run_on(library_of("timm_vit", {"--target", "x86-64-avx2"}), "x86-64-avx2");
  EXPECT_EQ(std::memcmp(beside.data(), alone.data(), alone.size() * sizeof(float)), 0);
}

TEST(GpuTarget, WithoutAGpuTheCpuRunsAndAForcedVariantSaysWhatIsMissing) {
  const std::string directory = library_of("timm_vit", kBoth);
  try {
    const LoadedLibrary forced(directory, {.threads = 1, .isa = "cuda-sm80"});
    GTEST_SKIP() << "there is a GPU here";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "LIBRARY_DEVICE") << error.what();
    EXPECT_EQ(error.exit(), ExitCode::target);
  }
  const LoadedLibrary best(directory, {.threads = 1, .isa = {}});
  EXPECT_EQ(best.isa(), "x86-64-avx2");
}

TEST(GpuTarget, OfOneCapabilityBringsTheOneForOthersAlong) {
  const fs::path directory = scratch() / "gpu_only";
  const std::string notes =
      must_run({"generate", "-m", fixture("timm_vit"), "--target", "cuda-sm90", "--emit", "a",
                "--name", "gpu", "-o", directory.string()});
  EXPECT_NE(notes.find("note: cuda-sm80 comes along"), std::string::npos) << notes;
  EXPECT_NE(notes.find("note: without a CPU target"), std::string::npos) << notes;
  const JsonFile manifest = read_manifest(directory.string());
  const Json& machines = manifest.root["machines"];
  ASSERT_EQ(machines.size(), 2u);
  EXPECT_EQ(machines[0]["name"], "cuda_sm90");
  EXPECT_EQ(machines[1]["name"], "cuda_sm80");
}

// The cache holds what the first generation left in it.
TEST(GpuTarget, TwoGenerationsGiveTheSameBytes) {
  const std::string first = library_of("timm_vit", kBoth);
  std::vector<std::string> arguments = {
      "generate", "-q", "-m", fixture("timm_vit"), "--name",    "fx",
      "--emit",   "so", "-o", scratch() / "again", "--no-cache"};
  arguments.insert(arguments.end(), kBoth.begin(), kBoth.end());
  must_run(arguments);
  for (const char* file : {"libfx.so", "fx.h", "fx.manifest.json", "fx.README.md"}) {
    EXPECT_TRUE(read_whole((fs::path(first) / file).string(), 1u << 26) ==
                read_whole((scratch() / "again" / file).string(), 1u << 26))
        << file;
  }
}

TEST(GpuTarget, IsExplainedAsChoicesLaunchesAndPtx) {
  const std::string directory = library_of("timm_vit", kBoth);
  const auto explain = [&](const std::string& stage) {
    return must_run({"explain", directory, "-q", "--stage", stage, "--isa", "cuda-sm80", "--kernel",
                     "patch_embed"});
  };
  EXPECT_NE(explain("choice").find("cuda_sm80"), std::string::npos);
  EXPECT_NE(explain("stmt").find("halide_cuda_run("), std::string::npos);
  const std::string ptx = explain("asm");
  EXPECT_NE(ptx.find(".target sm_80"), std::string::npos);
  EXPECT_NE(ptx.find(".maxntid"), std::string::npos);
}

TEST(GpuTarget, IsRepeatedFromAManifest) {
  const std::string first = library_of("timm_vit", kBoth);
  std::vector<std::string> more = kBoth;
  more.insert(more.end(), {"--locked", first});
  const std::string again = library_of("timm_vit", more);
  EXPECT_EQ(describe_file(first + "/libfx.so").sha256, describe_file(again + "/libfx.so").sha256);
}

TEST(GpuTarget, WithoutCubinsHoldsPtxAlone) {
  std::vector<std::string> more = kBoth;
  more.insert(more.end(), {"--no-cubin"});
  const JsonFile manifest = read_manifest(library_of("timm_vit", more));
  EXPECT_FALSE(manifest.root["generator"].contains("assembler"));
  for (const Json& kernel : manifest.root["kernels"]) {
    const Json& codes = kernel["variants"][0]["device"]["codes"];
    ASSERT_EQ(codes.size(), 1u);
    EXPECT_EQ(codes[0]["kind"], "ptx");
  }
}

TEST(Doctor, TellsOfGpusAndTheirAssembler) {
  const std::string facts = must_run({"doctor"});
  for (const char* line : {"\ngpu ", "\nassembler ", "cuda-sm80: "}) {
    EXPECT_NE(facts.find(line), std::string::npos) << facts;
  }
}

}  // namespace
}  // namespace vitgen
