// Every model of tests/fixtures, from its files to numbers: generated for this machine and compared
// with what the original PyTorch code computed in double.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/vitgen/npy_values.h"
#include "tests/vitgen/program.h"
#include "tools/image/npy.h"
#include "tools/vitgen/loaded_library.h"

namespace vitgen {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> all_fixtures() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(fixture(""))) {
    if (fs::exists(entry.path() / "input.npy")) names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

// Outputs that the original code's values are there for.
std::vector<std::string> stored_outputs(const fs::path& folder) {
  constexpr std::string_view ending = "_f64.npy";
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string file = entry.path().filename();
    if (file.ends_with(ending)) names.push_back(file.substr(0, file.size() - ending.size()));
  }
  std::ranges::sort(names);
  return names;
}

class Fixture : public ::testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(All, Fixture, ::testing::ValuesIn(all_fixtures()),
                         [](const auto& each) { return each.param; });

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
  std::vector<std::string> outputs = stored_outputs(folder);
  // timm averages DeiT's two tokens for its "pooled"; here it is both of them, before the heads.
  if (GetParam() == "timm_deit_distilled") std::erase(outputs, "pooled");
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

}  // namespace
}  // namespace vitgen
