#pragma once
// A launch of a module's text, as a driver that loads PTX sees it: tests/cuda has one.

#include <span>
#include <string_view>
#include <vector>

#include "tests/ptx/interpreter.h"

namespace vitgen::ptx {

struct TextLaunch {
  std::string_view text;
  std::string_view entry;
  std::array<std::uint32_t, 3> grid = {1, 1, 1};
  std::array<std::uint32_t, 3> block = {1, 1, 1};
  std::uint32_t shared_bytes = 0;
  std::span<const std::vector<std::byte>> arguments = {};  ///< of the sizes that the entry declares
};

/// As run(). A text is parsed once in the life of the process. May be called by several threads.
std::uint64_t run_text(const TextLaunch& launch, const Memory& memory);

}  // namespace vitgen::ptx
