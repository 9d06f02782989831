// Libraries with 16-bit activations and matrices, from the files of a model to numbers.

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <tuple>

#include "tests/vitgen/npy_values.h"
#include "tests/vitgen/program.h"
#include "tools/verify/reference/storage.h"

namespace vitgen {
namespace {

namespace fs = std::filesystem;

using Case = std::tuple<std::string, DType>;

std::string case_name(const ::testing::TestParamInfo<Case>& info) {
  return std::get<0>(info.param) + "_" + std::string(enum_text(std::get<1>(info.param)));
}

class Precision : public ::testing::TestWithParam<Case> {
 protected:
  std::string model() const { return std::get<0>(GetParam()); }
  DType storage() const { return std::get<1>(GetParam()); }
  std::string library() const {
    return library_of(model(), {"--precision", std::string(enum_text(storage()))});
  }
};

INSTANTIATE_TEST_SUITE_P(Some, Precision,
                         ::testing::Combine(::testing::Values("timm_vit", "irpe_product_qkv",
                                                              "tnt"),
                                            ::testing::Values(DType::f16, DType::bf16)),
                         case_name);

// Errors of first order grow with the unit roundoff.
TEST_P(Precision, StepsAreWithinTheirBoundsAndLogitsAsFarOffAsRoundingsAreLarger) {
  const fs::path folder = fixture(model());
  const std::string verified = must_run({"verify", library(), "-q", "-m", folder.string()});
  EXPECT_NE(verified.find(" 0 differ"), std::string::npos) << verified;
  const std::string out = (scratch() / "logits.npy").string();
  must_run({"run", library(), "-q", "--output", out, "--input", (folder / "input.npy").string()});
  const std::vector<double> got = read_values(out);
  const std::vector<double> exact = read_values(folder / "logits_f64.npy");
  const std::vector<double> torch = read_values(folder / "logits_f32.npy");
  ASSERT_EQ(got.size(), exact.size());
  const double wider = unit_roundoff(storage()) / kUnitRoundoff;
  const double bound = wider * allowed(compare(torch, exact).relative(), exact.size());
  EXPECT_LE(compare(got, exact).relative(), bound);
  EXPECT_LT(bound, 0.5) << "the bound shows nothing";
}

TEST(PrecisionOption, OtherTypesAreRefusedWithWhatThereIs) {
  const ProcessResult result = run_vitgen({"generate", "-m", fixture("timm_vit"), "--name", "x",
                                           "-o", (scratch() / "x").string(), "--precision", "u8"});
  EXPECT_EQ(result.status, 2) << result.output;
  EXPECT_NE(result.output.find("f32,f16,bf16"), std::string::npos) << result.output;
}

}  // namespace
}  // namespace vitgen
