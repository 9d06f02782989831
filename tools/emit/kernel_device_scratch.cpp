#include "tools/emit/kernel_device_scratch.h"

#include <algorithm>
#include <vector>

#include "runtime/table.h"

namespace vitgen {

void DeviceScratch::allocate(const std::string& name, std::uint64_t bytes) {
  const std::uint64_t rounded =
      (bytes + VITGEN_ALIGNMENT - 1) / VITGEN_ALIGNMENT * VITGEN_ALIGNMENT;
  std::vector<Block> taken;
  for (const auto& [other, block] : alive_) taken.push_back(block);
  std::ranges::sort(taken, {}, &Block::offset);
  std::uint64_t offset = 0;
  for (const Block& block : taken) {
    if (offset + rounded <= block.offset) break;
    offset = std::max(offset, block.offset + block.bytes);
  }
  alive_[name] = {offset, rounded};
  bytes_ = std::max(bytes_, offset + rounded);
}

const std::uint64_t* DeviceScratch::find(const std::string& name) const {
  const auto found = alive_.find(name);
  return found == alive_.end() ? nullptr : &found->second.offset;
}

}  // namespace vitgen
