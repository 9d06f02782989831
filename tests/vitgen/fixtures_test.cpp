// Every model of tests/fixtures, from its files to numbers: generated for this machine and compared
// with what the original PyTorch code computed in double.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/vitgen/original_code.h"
#include "tests/vitgen/program.h"

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

class Fixture : public ::testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(All, Fixture, ::testing::ValuesIn(all_fixtures()),
                         [](const auto& each) { return each.param; });

TEST_P(Fixture, GeneratedLibraryEqualsTheOriginalCode) {
  expect_what_the_original_computes(GetParam(),
                                    library_of(GetParam(), options_for_comparison(GetParam())));
}

TEST_P(Fixture, VerifyFindsEveryStepWithinItsBound) {
  expect_steps_within_bounds(GetParam(), library_of(GetParam(), image_options(GetParam())));
}

}  // namespace
}  // namespace vitgen
