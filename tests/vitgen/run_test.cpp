// vitgen run with files of arrays and series: what goes in by which name, and what is refused.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/vitgen/program.h"
#include "tools/series/csv.h"

namespace vitgen {
namespace {

void expect_error(const std::vector<std::string>& arguments, int status, const char* words) {
  const ProcessResult result = run_vitgen(arguments);
  EXPECT_EQ(result.status, status) << result.output;
  EXPECT_NE(result.output.find(words), std::string::npos) << result.output;
}

TEST(RunArrays, ModelsOfSeveralInputsWantAFileForEachByItsName) {
  const std::string library = library_of("drop_pos");
  const std::string image = fixture("drop_pos") + "/input.npy";
  const std::string out = (scratch() / "loss.npy").string();
  const std::vector<std::string> run = {"run", library, "--output", out, "--input"};
  const auto with = [&](const std::vector<std::string>& files) {
    std::vector<std::string> arguments = run;
    arguments.insert(arguments.end(), files.begin(), files.end());
    return arguments;
  };
  expect_error(with({"image=" + image}), 2, "no file for the input 'patch_noise'");
  expect_error(with({image}), 2, "for which input?");
  expect_error(with({"picture=" + image}), 2, "no input 'picture'");
  expect_error(with({"image=" + image, "image=" + image}), 2, "two files for the input 'image'");
  expect_error(with({"image=" + image, "patch_noise=" + image}), 3, "expected f32 nx16");
  expect_error({"run", library, "--image", "picture.png"}, 2,
               "no file for the input 'patch_noise'");
}

TEST(RunArrays, ASeriesOfTextGivesAForecastOfText) {
  const std::string library = library_of("patch_mixer");  // 27 steps of 3 variables to 5
  const std::string in = (scratch() / "in.csv").string();
  const std::string out = (scratch() / "out.csv").string();
  std::ofstream file(in);
  file << "date,a,b,c\n";
  for (int i = 0; i < 40; ++i) file << "day" << i << "," << i % 7 << "," << i << ",0.5\n";
  file.close();
  const std::string said = must_run({"run", library, "--input", in, "--output", out});
  EXPECT_NE(said.find("the last 27 of 40 steps"), std::string::npos) << said;
  const SeriesTable forecast = read_csv(out);
  EXPECT_EQ(forecast.names, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(forecast.rows(), 5u);

  std::ofstream(in) << "1,2,3\n4,5,6\n";
  expect_error({"run", library, "--input", in, "--output", out}, 3, "2 steps of 3 variables");
  expect_error({"run", library, "--input", fixture("patch_mixer") + "/input.npy", "--output", out},
               2, "is no table");
  EXPECT_EQ(read_csv(out).rows(), 5u) << "a failed run wrote";
}

TEST(RunArrays, WithoutAnOutputTheHintNamesOneThatFits) {
  const std::string image = library_of("timm_vit");
  const std::string array = fixture("timm_vit") + "/input.npy";
  expect_error({"run", image, "--input", array}, 2, "hint: for example --output result.npy");
  expect_error({"run", library_of("patch_mixer"), "--input", "in.csv"}, 2,
               "hint: for example --output forecast.csv");
  expect_error({"run", image, "--image", "x.png", "--output", "y.npy"}, 2,
               "hint: --image prints classes");
}

TEST(RunArrays, TheHintOnAnArrayOfAnotherShapeSpeaksOfTheInputsType) {
  const std::string out = (scratch() / "refused.npy").string();
  const std::string array = fixture("patch_mixer") + "/input.npy";
  expect_error({"run", library_of("timm_vit"), "--input", array, "--output", out}, 3,
               "already normalised: one row per image, planes first");
  expect_error(
      {"run", library_of("timm_vit", {"--input", "u8"}), "--input", array, "--output", out}, 3,
      "uint8: one row per image, channels last");
}

}  // namespace
}  // namespace vitgen
