#pragma once
// Calls of libc that the runtime makes, counted and made to fail on request. Linked by --wrap, so
// only this program's own objects are affected: the runtime, and the tests where they call libc
// directly.

#include <functional>

namespace vitgen::test {

enum class Libc { kMalloc, kMap, kThread, kAny };

/// Calls since the last reset of malloc, calloc, aligned_alloc (kMalloc), mmap (kMap),
/// pthread_create (kThread), or all of them.
int calls_of(Libc kind);
void reset_calls();

/// While it lives, the calls of `kind` from number `first` (0: the next one) fail: one, or all.
class Failing {
 public:
  enum Mode { kOnce, kFromHere };
  Failing(Libc kind, int first, Mode mode);
  ~Failing();
  Failing(const Failing&) = delete;
  Failing& operator=(const Failing&) = delete;
};

/// madvise fails with EINVAL while it lives, as MADV_WIPEONFORK does on kernels before 4.14.
class OldKernel {
 public:
  OldKernel();
  ~OldKernel();
  OldKernel(const OldKernel&) = delete;
  OldKernel& operator=(const OldKernel&) = delete;
};

/// Blocks and mappings of the runtime that are not given back: calls of malloc, calloc,
/// aligned_alloc minus calls of free with a block, and bytes of mmap minus munmap.
struct Held {
  long blocks;
  long mapped_bytes;
  bool operator==(const Held&) const = default;
};
Held held();

}  // namespace vitgen::test
