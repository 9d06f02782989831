// Sizes of caches from the system's files.

#include "generators/base/caches.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/base/support.h"

namespace vitgen {
namespace {

using testing::Scratch;

void write_cache(const Scratch& scratch, const std::string& index, const char* level,
                 const char* type, const char* size) {
  std::filesystem::create_directory(scratch.path() / index);
  scratch.write(index + "/level", level);
  scratch.write(index + "/type", type);
  scratch.write(index + "/size", size);
}

TEST(Caches, AreThoseOfTheSystemsFilesWithoutTheInstructions) {
  const Scratch scratch;
  write_cache(scratch, "index0", "1\n", "Data\n", "48K\n");
  write_cache(scratch, "index1", "1\n", "Instruction\n", "32K\n");
  write_cache(scratch, "index2", "2\n", "Unified\n", "2048K\n");
  write_cache(scratch, "index3", "3\n", "Unified\n", "105M\n");
  const CacheSizes expected = {.l1 = 48 << 10, .l2 = 2048 << 10, .l3 = 105 << 20};
  EXPECT_EQ(cache_sizes(scratch.path().string()), expected);
}

TEST(Caches, OfAStrangeFileAreUnknown) {
  const Scratch scratch;
  write_cache(scratch, "index0", "1", "Data", "48K");
  write_cache(scratch, "index1", "2", "Unified", "many");
  const CacheSizes expected = {.l1 = 48 << 10, .l2 = 0, .l3 = 0};
  EXPECT_EQ(cache_sizes(scratch.path().string()), expected);
}

}  // namespace
}  // namespace vitgen
