// Every model of tests/fixtures, from its files to numbers: generated for this machine and compared
// with what the original PyTorch code computed in double.

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>

#include "generators/weights/random_weights.h"
#include "tests/vitgen/program.h"
#include "tools/image/npy.h"
#include "tools/vitgen/loaded_library.h"

namespace vitgen {
namespace {

namespace fs = std::filesystem;

// The values of an .npy of float32 or (the goldens) float64 in C order.
std::vector<double> read_values(const fs::path& path);

std::vector<std::string> all_fixtures() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(fixture(""))) {
    if (fs::exists(entry.path() / "input.npy")) names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

struct Norms {
  double error = 0;
  double size = 0;
  double relative() const { return error / size; }
};

Norms compare(const std::vector<double>& got, const std::vector<double>& want) {
  Norms norms;
  for (std::size_t i = 0; i < want.size(); ++i) {
    norms.error += (got[i] - want[i]) * (got[i] - want[i]);
    norms.size += want[i] * want[i];
  }
  return {std::sqrt(norms.error), std::sqrt(norms.size)};
}

class Fixture : public ::testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(All, Fixture, ::testing::ValuesIn(all_fixtures()),
                         [](const auto& each) { return each.param; });

// A value passes through about 12 roundings of relative size u per block, each independent of the
// others, and the norms and softmaxes amplify none of them by more than a small factor: PyTorch's
// own f32 error is the measure of that factor, doubled, since both errors are random, and the floor
// keeps a lucky PyTorch run from asking for more than f32 can give.
double allowed(double torch_error, std::size_t values) {
  const double u = 0x1p-24;
  const double floor = 8 * u * (1 + 4 / std::sqrt(static_cast<double>(values)));
  return 2 * torch_error + floor;
}

// `--image` with the size of the fixture's input; nothing for what reads no images.
std::vector<std::string> image_options(const fs::path& folder) {
  const NpyArray input = read_npy((folder / "input.npy").string());
  if (input.shape.size() != 4) return {};
  return {"--image", std::to_string(input.shape[2]) + "x" + std::to_string(input.shape[3])};
}

// `--input` for each of the library's inputs.
std::vector<std::string> input_options(const std::string& library, const fs::path& folder) {
  std::vector<std::string> options = {"--input"};
  const LoadedLibrary loaded(library, {});
  for (const TensorPort& port : loaded.inputs()) {
    const std::string middle = options.size() == 1 ? "" : port.name + ".";
    options.push_back(port.name + "=" + (folder / ("input." + middle + "npy")).string());
  }
  return options;
}

TEST_P(Fixture, GeneratedLibraryEqualsTheOriginalCode) {
  const fs::path folder = fixture(GetParam());
  std::vector<std::string> outputs;
  for (const char* name : {"logits", "tokens", "pooled", "forecast", "labels", "loss"}) {
    // timm averages DeiT's two tokens for its "pooled"; here it is both of them, before the heads.
    const bool differs = GetParam() == "timm_deit_distilled" && std::string(name) == "pooled";
    if (fs::exists(folder / (std::string(name) + "_f64.npy")) && !differs) outputs.push_back(name);
  }
  ASSERT_FALSE(outputs.empty());
  std::string list;
  for (const std::string& name : outputs) list += (list.empty() ? "" : ",") + name;
  std::vector<std::string> options = image_options(folder);
  options.insert(options.end(), {"--outputs", list});
  const std::string library = library_of(GetParam(), options);
  for (const std::string& name : outputs) {
    const std::string out = (scratch() / (GetParam() + "_" + name + ".npy")).string();
    std::vector<std::string> run = {"run", library, "-q", "--output", out, "--output-name", name};
    for (const std::string& input : input_options(library, folder)) run.push_back(input);
    must_run(run);
    const std::vector<double> got = read_values(out);
    const std::vector<double> exact = read_values(folder / (name + "_f64.npy"));
    const std::vector<double> torch = read_values(folder / (name + "_f32.npy"));
    ASSERT_EQ(got.size(), exact.size()) << name;
    EXPECT_LE(compare(got, exact).relative(),
              allowed(compare(torch, exact).relative(), exact.size()))
        << name;
  }
}

TEST_P(Fixture, VerifyFindsEveryStepWithinItsBound) {
  const fs::path folder = fixture(GetParam());
  const std::string library = library_of(GetParam(), image_options(folder));
  const std::string output = must_run({"verify", library, "-q", "-m", folder.string()});
  EXPECT_NE(output.find(" 0 differ"), std::string::npos) << output;
}

struct FullModel {
  const char* stored;  ///< name of PyTorch's results
  const char* architecture;
  int edge;
  const char* output;
  std::vector<std::string> more = {};  ///< arguments of generate
};

class FullSizeFull : public ::testing::TestWithParam<FullModel> {};

INSTANTIATE_TEST_SUITE_P(
    All, FullSizeFull,
    ::testing::Values(
        FullModel{"vit_tiny_patch16_224", "vit_tiny_patch16_224", 224, "logits"},
        FullModel{"vit_small_patch16_224", "vit_small_patch16_224", 224, "logits"},
        FullModel{"vit_small_patch14_dinov2", "vit_small_patch14_dinov2", 518, "pooled"},
        FullModel{"tnt_s_patch16_224", "tnt_s_patch16_224", 224, "logits"},
        FullModel{"tnt_s_legacy_patch16_224", "tnt_s_legacy_patch16_224", 224, "logits"},
        FullModel{"irpe_small_qkv",
                  "vit_small_patch16_224",
                  224,
                  "logits",
                  {"--set", "relative=rpe-1.9-product-ctx-1-qkv"}}),
    [](const auto& each) { return each.param.stored; });

// Weights and input come from a seed and a formula that tools/make_full_fixtures.py shares; only
// PyTorch's results are stored.
TEST_P(FullSizeFull, SeededModelEqualsTheOriginalCode) {
  const FullModel& model = GetParam();
  const fs::path library = scratch() / model.stored;
  std::vector<std::string> generate = {
      "generate", "-q",        "--arch",     model.architecture, "--random-weights",
      "1",        "--outputs", model.output, "--name",           "full",
      "--emit",   "so",        "-o",         library.string()};
  generate.insert(generate.end(), model.more.begin(), model.more.end());
  must_run(generate);
  const std::uint64_t edge = static_cast<std::uint64_t>(model.edge);
  const std::vector<std::uint64_t> shape = {1, 3, edge, edge};
  std::vector<float> input(3 * edge * edge);
  random_values("input_tokens", {1, 3, model.edge, model.edge}, 1, 0, input);
  const std::string in = (scratch() / "full_in.npy").string();
  const std::string out = (scratch() / "full_out.npy").string();
  write_npy(in, NpyType::f32, shape, std::as_bytes(std::span(input)));
  must_run({"run", library.string(), "-q", "--input", in, "--output", out});
  const fs::path stored = fixture("full");
  const std::string name = std::string(model.stored) + "_" + model.output;
  const std::vector<double> got = read_values(out);
  const std::vector<double> exact = read_values(stored / (name + "_f64.npy"));
  const std::vector<double> torch = read_values(stored / (name + "_f32.npy"));
  ASSERT_EQ(got.size(), exact.size());
  EXPECT_LE(compare(got, exact).relative(),
            allowed(compare(torch, exact).relative(), exact.size()));
}

std::vector<double> read_values(const fs::path& path) {
  std::string bytes;
  {
    std::FILE* file = std::fopen(path.c_str(), "rb");
    if (!file) throw std::runtime_error("cannot open " + path.string());
    char buffer[65536];
    for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, file)) > 0;) {
      bytes.append(buffer, n);
    }
    std::fclose(file);
  }
  // Version 1.0: magic (6), version (2), header length (2), header with the type, data.
  const std::size_t data =
      10 + static_cast<unsigned char>(bytes.at(8)) + 256u * static_cast<unsigned char>(bytes.at(9));
  const bool wide = bytes.substr(0, data).find("<f8") != std::string::npos;
  std::vector<double> values((bytes.size() - data) / (wide ? 8 : 4));
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (wide) {
      std::memcpy(&values[i], bytes.data() + data + 8 * i, 8);
    } else {
      float value = 0;
      std::memcpy(&value, bytes.data() + data + 4 * i, 4);
      values[i] = static_cast<double>(value);
    }
  }
  return values;
}

}  // namespace
}  // namespace vitgen
