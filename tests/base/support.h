#pragma once
// Shared by the tests of files and text: a scratch directory, and the code of the error of a call.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "generators/base/error.h"

namespace vitgen::testing {

/// A directory of this test alone, removed at the end.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "vitgen-test-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }
  std::string at(std::string_view name) const { return (path_ / name).string(); }

  std::string write(std::string_view name, std::string_view content) const {
    std::ofstream(at(name), std::ios::binary) << content;
    return at(name);
  }

 private:
  std::filesystem::path path_;
};

/// What a call threw: empty code when nothing.
struct Thrown {
  std::string code;
  std::string message;
  std::string hint;
  ExitCode exit = ExitCode::ok;
};

template <class Call>
Thrown thrown_by(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return {error.code(), error.what(), error.hint(), error.exit()};
  }
  return {};
}

/// The code that a call threw; "" when it returned.
template <class Call>
std::string code_of(Call&& call) {
  return thrown_by(call).code;
}

}  // namespace vitgen::testing
