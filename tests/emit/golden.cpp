#include "tests/emit/golden.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <regex>

#include "generators/base/version.h"
#include "tests/emit/tiny_library.h"

namespace vitgen::testing {
namespace {

std::string replace_all(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

}  // namespace

void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(VITGEN_SOURCE_DIR) + "/tests/golden/" + name;
  if (std::getenv("VITGEN_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  EXPECT_EQ(file_text(path), text)
      << "if the change is meant: VITGEN_UPDATE_GOLDEN=1 ctest -R "
      << ::testing::UnitTest::GetInstance()->current_test_info()->name();
}

std::string without_hashes(const std::string& text) {
  const std::regex hash("([^0-9a-f])([0-9a-f]{64}|[0-9a-f]{12})([^0-9a-f])");
  std::string out = std::regex_replace(text, hash, "$1<hash>$3");
  out = replace_all(out, "\"vitgen\": \"" + std::string(kVersion) + "\"",
                    "\"vitgen\": \"<version>\"");
  out = replace_all(out, "vitgen " + std::string(kVersion), "vitgen <version>");
  out = replace_all(out, "\"halide\": \"" + std::string(kHalideVersion), "\"halide\": \"<version>");
  return replace_all(out, "\"llvm\": \"" + std::string(kLlvmVersion), "\"llvm\": \"<version>");
}

}  // namespace vitgen::testing
