#include "generators/base/caches.h"

#include <unistd.h>

#include <fstream>

namespace vitgen {

namespace {

std::string word_of(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

// "512K" in bytes; 0 if it is no size.
std::size_t bytes_of(const std::string& text) {
  std::size_t value = 0;
  std::size_t i = 0;
  for (; i < text.size() && i < 9 && text[i] >= '0' && text[i] <= '9'; ++i) {
    value = 10 * value + static_cast<std::size_t>(text[i] - '0');
  }
  const std::string unit = text.substr(i);
  if (unit.empty()) return value;
  return unit == "K" ? value << 10 : unit == "M" ? value << 20 : 0;
}

std::size_t from_libc(int name) {
  const long bytes = sysconf(name);
  return bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

}  // namespace

CacheSizes cache_sizes(const std::string& folder) {
  CacheSizes sizes;
  constexpr int kMostIndices = 16;
  for (int index = 0; index < kMostIndices; ++index) {
    const std::string cache = folder + "/index" + std::to_string(index) + "/";
    if (word_of(cache + "type") == "Instruction") continue;
    const std::string level = word_of(cache + "level");
    const std::size_t bytes = bytes_of(word_of(cache + "size"));
    if (level == "1") sizes.l1 = bytes;
    if (level == "2") sizes.l2 = bytes;
    if (level == "3") sizes.l3 = bytes;
  }
  return sizes;
}

CacheSizes cache_sizes() {
  const CacheSizes sizes = cache_sizes("/sys/devices/system/cpu/cpu0/cache");
  if (sizes != CacheSizes{}) return sizes;
  return {from_libc(_SC_LEVEL1_DCACHE_SIZE), from_libc(_SC_LEVEL2_CACHE_SIZE),
          from_libc(_SC_LEVEL3_CACHE_SIZE)};
}

}  // namespace vitgen
