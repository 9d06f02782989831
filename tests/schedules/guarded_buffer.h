#pragma once
// Memory between two pages that cannot be touched: a read or write past either end is a SIGSEGV.

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>

namespace vitgen {

/// `bytes` that end at the last guard page (end = true) or start at the first one.
class GuardedBuffer {
 public:
  GuardedBuffer(std::size_t bytes, bool end) {
    constexpr std::size_t kPage = 4096;
    const std::size_t inner = (bytes + kPage - 1) / kPage * kPage;
    size_ = inner + 2 * kPage;
    base_ = static_cast<std::uint8_t*>(
        mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (base_ == MAP_FAILED) throw std::runtime_error("mmap");
    mprotect(base_, kPage, PROT_NONE);
    mprotect(base_ + kPage + inner, kPage, PROT_NONE);
    data_ = base_ + kPage + (end ? inner - bytes : 0);
  }
  ~GuardedBuffer() { munmap(base_, size_); }
  GuardedBuffer(const GuardedBuffer&) = delete;
  GuardedBuffer& operator=(const GuardedBuffer&) = delete;

  void* data() const { return data_; }

 private:
  std::uint8_t* base_ = nullptr;
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace vitgen
