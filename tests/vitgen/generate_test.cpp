// What `vitgen generate` and `vitgen run` promise, on small models.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include "generators/base/file.h"
#include "tests/vitgen/program.h"
#include "tools/emit/manifest.h"
#include "tools/image/npy.h"
#include "tools/vitgen/loaded_library.h"

namespace vitgen {
namespace {

namespace fs = std::filesystem;

std::vector<float> random_input(const TensorPort& input, std::size_t n) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  std::vector<float> values(n * input.elements);
  for (float& value : values) value = normal(random);
  return values;
}

std::vector<float> run_all(const std::string& directory, int threads, std::size_t n,
                           const float* input) {
  LoadedLibrary library(directory, {.threads = threads, .isa = {}});
  std::vector<float> output(n * library.outputs()[0].elements);
  void* const outputs[] = {output.data()};
  library.run(n, input, outputs);
  return output;
}

const std::vector<std::string> kBuckets = {"--batch", "1,4"};

TEST(Generated, SameBitsAtAnyThreadCountBatchAndPlace) {
  const std::string directory = library_of("timm_vit", kBuckets);
  LoadedLibrary library(directory, {});
  const std::vector<float> input = random_input(library.input(), 7);
  const std::size_t in = library.input().elements;
  const std::size_t out = library.outputs()[0].elements;
  std::vector<float> alone;  // each image by itself, on one thread
  for (std::size_t i = 0; i < 7; ++i) {
    const std::vector<float> one = run_all(directory, 1, 1, input.data() + i * in);
    alone.insert(alone.end(), one.begin(), one.end());
  }
  for (const int threads : {1, 2, 3, 8}) {
    for (const std::size_t n : {1u, 2u, 3u, 4u, 5u, 7u}) {
      const std::vector<float> together = run_all(directory, threads, n, input.data());
      EXPECT_EQ(std::memcmp(together.data(), alone.data(), n * out * sizeof(float)), 0)
          << threads << " threads, " << n << " images";
    }
  }
}

TEST(Generated, TwoDirectoriesGetTheSameBytes) {
  std::vector<std::string> seen;
  for (const char* name : {"first", "second/deeper"}) {
    const fs::path directory = scratch() / name;
    must_run({"generate", "-q", "-m", fixture("timm_vit"), "--name", "twin", "--no-cache", "-o",
              directory.string()});
    std::string all;
    for (const char* file :
         {"libtwin.a", "libtwin.so", "twin.h", "twin.weights", "twin.manifest.json", "twin.pc",
          "twinConfig.cmake", "twin.README.md"}) {
      all += read_whole((directory / file).string(), 1u << 26);
    }
    seen.push_back(std::move(all));
  }
  EXPECT_TRUE(seen[0] == seen[1]);
}

TEST(Generated, AFailedRunLeavesThePreviousSet) {
  const fs::path directory = scratch() / "previous";
  const std::vector<std::string> good = {"generate", "-q",   "-m", fixture("timm_vit"),
                                         "--name",   "prev", "-o", directory.string()};
  must_run(good);
  const std::string before = read_whole((directory / "prev.manifest.json").string(), 1u << 26);
  std::vector<std::string> bad = good;
  bad[3] = (scratch() / "absent.safetensors").string();
  EXPECT_EQ(run_vitgen(bad).status, 4);
  bad = good;
  bad.insert(bad.end(), {"--set", "eps=-1"});
  EXPECT_EQ(run_vitgen(bad).status, 3);
  EXPECT_EQ(read_whole((directory / "prev.manifest.json").string(), 1u << 26), before);
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(directory)) ++files;
  EXPECT_EQ(files, 8u);
}

TEST(Generated, ADamagedWeightsFileIsNamedByRunAndByVerify) {
  const fs::path directory = scratch() / "damaged";
  fs::copy(library_of("timm_vit"), directory);
  {
    std::fstream weights(directory / "fx.weights", std::ios::in | std::ios::out | std::ios::binary);
    weights.seekg(-100, std::ios::end);
    const char flipped = static_cast<char>(weights.peek() ^ 1);
    weights.put(flipped);
  }
  const std::string input = fs::path(fixture("timm_vit")) / "input.npy";
  const std::string output = (scratch() / "never.npy").string();
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"run", directory, "--input", input, "--output", output},
        {"verify", directory}}) {
    const ProcessResult result = run_vitgen(arguments);
    EXPECT_EQ(result.status, 3) << arguments[0];
    EXPECT_NE(result.output.find("weights: damaged"), std::string::npos) << result.output;
  }
  EXPECT_FALSE(fs::exists(output));
}

TEST(Generated, VerifyKnowsTheSettingsOfALibrary) {
  // Without a config only --set tells the heads of a model this narrow.
  const std::string model = scratch() / "lone.safetensors";
  fs::copy(fs::path(fixture("timm_vit")) / "model.safetensors", model);
  const std::string library = scratch() / "lone_library";
  must_run({"generate", "-q", "-m", model, "--set", "heads=2", "--image", "32x32", "--name", "lone",
            "-o", library});
  const std::string output = must_run({"verify", library, "-q", "--samples", "16", "-m", model});
  EXPECT_NE(output.find(" 0 differ"), std::string::npos) << output;
}

void expect_error(const std::vector<std::string>& arguments, int status, const char* words) {
  const ProcessResult result = run_vitgen(arguments);
  EXPECT_EQ(result.status, status) << result.output;
  EXPECT_NE(result.output.find(words), std::string::npos) << result.output;
}

TEST(Generated, VerifyNamesAnotherModelAndWeightsItCannotReach) {
  expect_error({"verify", library_of("timm_vit_clip_prenorm"), "-m", fixture("timm_vit")}, 3,
               "generated from another model");
  expect_error(
      {"verify", library_of("timm_vit", {"--weights", "embed"}), "-m", fixture("timm_vit")}, 2,
      "weights are inside the library");
}

TEST(Generated, CodeThatTheManifestDoesNotListIsNotLoaded) {
  const fs::path directory = scratch() / "swapped";
  fs::create_directory(directory);
  fs::copy(library_of("timm_vit"), directory);
  const fs::path library = directory / "libfx.so";
  fs::resize_file(library, fs::file_size(library) / 2);
  expect_error({"verify", directory}, 3, "libfx.so is not the file that fx.manifest.json lists");
  expect_error({"bench", directory}, 3, "it was cut off or changed");
  fs::remove(library);
  ASSERT_EQ(mkfifo(library.c_str(), 0600), 0);
  expect_error({"verify", directory}, 4, "libfx.so");
}

// Puts `library` in place of libfx.so, and its hash into the manifest.
void list_other_code(const fs::path& directory, const fs::path& library) {
  fs::copy_file(library, directory / "libfx.so", fs::copy_options::overwrite_existing);
  Json manifest = read_manifest(directory.string()).root;
  for (Json& file : manifest["files"]) {
    if (file["name"] == "libfx.so") {
      file["sha256"] = describe_file((directory / "libfx.so").string()).sha256;
    }
  }
  std::ofstream(directory / "fx.manifest.json") << manifest_text(manifest);
}

TEST(Generated, AnotherLibrarysCodeIsRefusedByItsNames) {
  const fs::path directory = scratch() / "named";
  fs::create_directory(directory);
  fs::copy(library_of("timm_vit"), directory);
  list_other_code(directory, "/proc/self/exe");
  expect_error({"verify", directory}, 4, "libfx.so");
  must_run({"generate", "-q", "-m", fixture("timm_vit"), "--name", "other", "--emit", "so", "-o",
            (scratch() / "other").string()});
  list_other_code(directory, scratch() / "other" / "libother.so");
  expect_error({"verify", directory}, 3, "the library has no function fx_");
}

TEST(Generated, FilesOfAnotherGenerationAndAbsentWeightsAreNamed) {
  const fs::path directory = scratch() / "mixed";
  fs::create_directory(directory);
  fs::copy(library_of("timm_vit"), directory);
  fs::copy_file(fs::path(library_of("timm_vit", {"--set", "eps=1e-3"})) / "libfx.so",
                directory / "libfx.so", fs::copy_options::overwrite_existing);
  expect_error({"verify", directory}, 3, "is not the file that fx.manifest.json lists");
  fs::copy_file(fs::path(library_of("timm_vit")) / "libfx.so", directory / "libfx.so",
                fs::copy_options::overwrite_existing);
  fs::remove(directory / "fx.weights");
  expect_error({"verify", directory}, 4, "fx.weights");
}

TEST(Generated, AnImpossibleOutputDirectoryIsToldBeforeAnyKernelIsCompiled) {
  const ProcessResult result = run_vitgen({"generate", "-v", "-m", fixture("timm_vit"), "--name",
                                           "nowhere", "--no-cache", "-o", "/proc/nowhere"});
  EXPECT_EQ(result.status, 4);
  EXPECT_TRUE(result.output.starts_with("error: ")) << result.output;
}

TEST(Generated, U8InputEqualsNormalisedFloats) {
  const std::string floats = library_of("timm_vit");
  const std::string bytes = library_of("timm_vit", {"--input", "u8"});
  LoadedLibrary f32(floats, {});
  LoadedLibrary u8(bytes, {});
  const auto& shape = f32.input().shape;  // channels, height, width
  const auto channels = static_cast<std::size_t>(shape[0]);
  std::mt19937 random(3);
  std::vector<std::uint8_t> pixels(f32.input().elements);
  for (std::uint8_t& pixel : pixels) pixel = static_cast<std::uint8_t>(random() % 256);
  std::vector<float> planes(pixels.size());
  const int height = static_cast<int>(shape[1]);
  const int width = static_cast<int>(shape[2]);
  f32.preprocess(pixels.data(), height, width, static_cast<int>(channels), planes.data());
  // The recipe of this fixture may resize; only an image that passes unchanged can be compared.
  std::vector<std::uint8_t> same(pixels.size());
  u8.preprocess(pixels.data(), height, width, static_cast<int>(channels), same.data());
  std::vector<float> a(f32.outputs()[0].elements), b(a.size());
  void* const out_a[] = {a.data()};
  void* const out_b[] = {b.data()};
  f32.run(1, planes.data(), out_a);
  u8.run(1, same.data(), out_b);
  double error = 0, size = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    error += std::pow(static_cast<double>(a[i] - b[i]), 2);
    size += std::pow(static_cast<double>(a[i]), 2);
  }
  // Pixels up to 255 instead of 1: the folded sum has terms up to 255 / (std * |x|) times larger,
  // so it may lose that factor (under 2^4 for mean and std of 0.5) against the plain one.
  EXPECT_LE(std::sqrt(error / size), 16 * 64 * 0x1p-24);
}

TEST(Generated, BothIsasComeFromOneArchiveAndAvx2CanBeForced) {
  const std::string directory = library_of("timm_vit", {"--target", "x86-64-avx512,x86-64-avx2"});
  LoadedLibrary best(directory, {});
  LoadedLibrary forced(directory, {.threads = 1, .isa = "x86-64-avx2"});
  EXPECT_EQ(forced.isa(), "x86-64-avx2");
  if (best.isa() == "x86-64-avx2") GTEST_SKIP() << "this CPU has no AVX-512 to compare with";
  const std::vector<float> input = random_input(best.input(), 1);
  std::vector<float> a(best.outputs()[0].elements), b(a.size());
  void* const out_a[] = {a.data()};
  void* const out_b[] = {b.data()};
  best.run(1, input.data(), out_a);
  forced.run(1, input.data(), out_b);
  // Sums go by 16 lanes on every CPU, and every product is fused: the vector width leaves no trace.
  EXPECT_EQ(std::memcmp(a.data(), b.data(), a.size() * sizeof(float)), 0);
}

TEST(Generated, ArchitectureWithRandomWeightsNeedsNoFile) {
  const fs::path directory = scratch() / "arch";
  must_run({"generate", "-q", "--arch", "vit_tiny_patch16_224", "--random-weights", "1", "--set",
            "depth=1", "--name", "tiny", "--emit", "so", "-o", directory.string()});
  const std::string report = must_run({"verify", directory.string(), "-q", "--samples", "64"});
  EXPECT_NE(report.find("steps within their bounds"), std::string::npos);
}

TEST(Generated, EmbeddedWeightsNeedNoFile) {
  const std::string directory = library_of("timm_vit", {"--weights", "embed"});
  EXPECT_FALSE(fs::exists(fs::path(directory) / "fx.weights"));
  LoadedLibrary embedded(directory, {});
  LoadedLibrary beside(library_of("timm_vit"), {});
  const std::vector<float> input = random_input(embedded.input(), 1);
  std::vector<float> a(embedded.outputs()[0].elements), b(a.size());
  void* const out_a[] = {a.data()};
  void* const out_b[] = {b.data()};
  embedded.run(1, input.data(), out_a);
  beside.run(1, input.data(), out_b);
  EXPECT_EQ(std::memcmp(a.data(), b.data(), a.size() * sizeof(float)), 0);
}

}  // namespace
}  // namespace vitgen
