#include "tests/vitgen/original_code.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/vitgen/npy_values.h"
#include "tests/vitgen/program.h"
#include "tools/image/npy.h"
#include "tools/vitgen/loaded_library.h"

namespace vitgen {

namespace fs = std::filesystem;

namespace {

// Outputs that the original code's values are there for.
std::vector<std::string> stored_outputs(const std::string& fixture_name) {
  constexpr std::string_view ending = "_f64.npy";
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(fixture(fixture_name))) {
    const std::string file = entry.path().filename();
    if (file.ends_with(ending)) names.push_back(file.substr(0, file.size() - ending.size()));
  }
  std::ranges::sort(names);
  // timm averages DeiT's two tokens for its "pooled"; here it is both of them, before the heads.
  if (fixture_name == "timm_deit_distilled") std::erase(names, "pooled");
  return names;
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

}  // namespace

std::vector<std::string> image_options(const std::string& fixture_name) {
  const NpyArray input = read_npy(fixture(fixture_name) + "/input.npy");
  if (input.shape.size() != 4) return {};
  return {"--image", std::to_string(input.shape[2]) + "x" + std::to_string(input.shape[3])};
}

std::vector<std::string> options_for_comparison(const std::string& fixture_name) {
  std::string list;
  for (const std::string& name : stored_outputs(fixture_name)) {
    list += (list.empty() ? "" : ",") + name;
  }
  std::vector<std::string> options = image_options(fixture_name);
  options.insert(options.end(), {"--outputs", list});
  return options;
}

void expect_what_the_original_computes(const std::string& fixture_name, const std::string& library,
                                       const std::vector<std::string>& run_options, double wider) {
  const fs::path folder = fixture(fixture_name);
  const std::vector<std::string> outputs = stored_outputs(fixture_name);
  ASSERT_FALSE(outputs.empty());
  for (const std::string& name : outputs) {
    const std::string out = (scratch() / (fixture_name + "_" + name + ".npy")).string();
    std::vector<std::string> run = {"run", library, "-q", "--output", out, "--output-name", name};
    run.insert(run.end(), run_options.begin(), run_options.end());
    for (const std::string& input : input_options(library, folder)) run.push_back(input);
    must_run(run);
    const std::vector<double> got = read_values(out);
    const std::vector<double> exact = read_values(folder / (name + "_f64.npy"));
    const std::vector<double> torch = read_values(folder / (name + "_f32.npy"));
    ASSERT_EQ(got.size(), exact.size()) << name;
    const double bound = wider * allowed(compare(torch, exact).relative(), exact.size());
    EXPECT_LE(compare(got, exact).relative(), bound) << name;
    EXPECT_LT(bound, 0.5) << "the bound of " << name << " shows nothing";
  }
}

void expect_steps_within_bounds(const std::string& fixture_name, const std::string& library,
                                const std::vector<std::string>& options) {
  std::vector<std::string> verify = {"verify", library, "-q", "-m", fixture(fixture_name)};
  verify.insert(verify.end(), options.begin(), options.end());
  const std::string output = must_run(verify);
  EXPECT_NE(output.find(" 0 differ"), std::string::npos) << output;
}

}  // namespace vitgen
