#include "tools/emit/device_ptx.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "generators/base/error.h"

namespace vitgen {

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw Error(ExitCode::internal, "KERNEL_PTX", "the device code has no " + what);
}

/// The end of the entry's parameters: behind their closing parenthesis.
std::size_t end_of_parameters(const std::string& ptx, const std::string& entry) {
  const std::string head = ".entry " + entry + "(";
  const std::size_t begin = ptx.find(head);
  const std::size_t end = begin == ptx.npos ? ptx.npos : ptx.find(')', begin);
  if (end == ptx.npos) fail("entry " + printable(entry));
  return end + 1;
}

}  // namespace

std::string with_block_sizes(std::string ptx, std::span<const DeviceLaunch> launches) {
  std::map<std::string, std::array<std::uint32_t, 3>> blocks;
  for (const DeviceLaunch& launch : launches) {
    const auto [at, is_new] = blocks.try_emplace(launch.entry, launch.block);
    for (std::size_t d = 0; d < launch.block.size(); ++d) {
      at->second[d] = std::max(at->second[d], launch.block[d]);
    }
  }
  for (const auto& [entry, block] : blocks) {
    ptx.insert(end_of_parameters(ptx, entry),
               fmt::format("\n.maxntid {}, {}, {}\n", block[0], block[1], block[2]));
  }
  return ptx;
}

int ptx_capability(std::string_view ptx) {
  constexpr std::string_view kTarget = "\n.target sm_";
  const std::size_t at = ptx.find(kTarget);
  int capability = 0;
  if (at != ptx.npos) {
    const char* begin = ptx.data() + at + kTarget.size();
    std::from_chars(begin, ptx.data() + ptx.size(), capability);
  }
  if (capability == 0) fail(".target");
  return capability;
}

}  // namespace vitgen
