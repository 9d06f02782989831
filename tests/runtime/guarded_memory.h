#pragma once
// Memory whose first or last byte touches a page that must not be accessed.

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>

namespace vitgen::test {

class GuardedMemory {
 public:
  enum Side { kEndsAtGuard, kStartsAfterGuard };

  GuardedMemory(size_t bytes, Side side) : pages_((bytes + kPage - 1) / kPage * kPage) {
    base_ = static_cast<uint8_t*>(mmap(nullptr, pages_ + 2 * kPage, PROT_READ | PROT_WRITE,
                                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(base_, kPage, PROT_NONE);
    mprotect(base_ + kPage + pages_, kPage, PROT_NONE);
    data_ = side == kStartsAfterGuard ? base_ + kPage : base_ + kPage + pages_ - bytes;
  }
  ~GuardedMemory() { munmap(base_, pages_ + 2 * kPage); }
  GuardedMemory(const GuardedMemory&) = delete;
  GuardedMemory& operator=(const GuardedMemory&) = delete;

  float* floats() { return reinterpret_cast<float*>(data_); }
  /// From now on the content may only be read.
  void freeze() { mprotect(base_ + kPage, pages_, PROT_READ); }

 private:
  static constexpr size_t kPage = 4096;
  size_t pages_;
  uint8_t* base_;
  uint8_t* data_;
};

}  // namespace vitgen::test
