#pragma once
// Offsets of what a kernel on a GPU keeps between its launches, in one block of device memory.

#include <cstdint>
#include <map>
#include <string>

namespace vitgen {

/// Launches run one after the other, so what was freed is used again.
class DeviceScratch {
 public:
  /// At the lowest multiple of VITGEN_ALIGNMENT where the bytes fit.
  void allocate(const std::string& name, std::uint64_t bytes);
  void free(const std::string& name) { alive_.erase(name); }

  /// The offset of what is alive under this name, or null.
  const std::uint64_t* find(const std::string& name) const;
  /// Of the whole block, a multiple of VITGEN_ALIGNMENT.
  std::uint64_t bytes() const { return bytes_; }

 private:
  struct Block {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
  };
  std::map<std::string, Block> alive_;
  std::uint64_t bytes_ = 0;
};

}  // namespace vitgen
