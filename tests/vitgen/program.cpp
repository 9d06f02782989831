#include "tests/vitgen/program.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>

#include "generators/base/sha256.h"

namespace vitgen {

ProcessResult run_vitgen(std::vector<std::string> arguments) {
  // What the user of this machine has tuned is no part of a test.
  ::setenv("VITGEN_TUNING_DB", (scratch() / "tuning.db").c_str(), 0);
  std::vector<std::string> command = {VITGEN_PROGRAM};
  for (std::string& argument : arguments) command.push_back(std::move(argument));
  return run_process(command);
}

std::string must_run(std::vector<std::string> arguments) {
  std::string line;
  for (const std::string& argument : arguments) line.append(1, ' ').append(argument);
  const ProcessResult result = run_vitgen(std::move(arguments));
  EXPECT_EQ(result.status, 0) << "vitgen" << line << "\n" << result.output;
  return result.output;
}

std::string fixture(const std::string& name) {
  return (std::filesystem::path(VITGEN_SOURCE_DIR) / "tests" / "fixtures" / name).string();
}

std::vector<float> noise(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

std::filesystem::path scratch() {
  static const TempDir directory(std::filesystem::temp_directory_path().string());
  return directory.path();
}

std::string library_of(const std::string& name, const std::vector<std::string>& more) {
  static std::map<std::string, std::string> made;
  std::string key = name;
  for (const std::string& argument : more) key.append(1, ' ').append(argument);
  std::string& directory = made[key];
  if (!directory.empty()) return directory;
  directory = (scratch() / sha256_hex(key).substr(0, 12)).string();
  std::vector<std::string> arguments = {"generate", "-q",     "-m", fixture(name), "--name",
                                        "fx",       "--emit", "so", "-o",          directory};
  arguments.insert(arguments.end(), more.begin(), more.end());
  must_run(arguments);
  return directory;
}

std::string sanitized_library() {
  std::vector<std::string> more = {"--batch", "2"};
#if defined(__SANITIZE_THREAD__)
  more.insert(more.end(), {"--sanitize-kernels", "tsan"});
#elif defined(__SANITIZE_ADDRESS__)
  more.insert(more.end(), {"--sanitize-kernels", "asan"});
#endif
  return library_of("timm_vit", more);
}

}  // namespace vitgen
