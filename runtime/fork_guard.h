#pragma once
// Tells whether the calling process is the one that made an object. fork() keeps the memory but not
// the threads, so such an object must be refused instead of waiting for workers that do not exist.

#include <stdint.h>
#include <sys/types.h>

namespace vitgen::rt {

struct ForkGuard {
  const volatile uint32_t* mark = nullptr;  ///< a page that the kernel zeroes in a child
  pid_t pid = 0;                            ///< the maker; used where the kernel cannot wipe pages
};

/// False if there is no memory. Costs one page.
bool fork_guard_make(ForkGuard& guard);
void fork_guard_free(ForkGuard& guard);
bool made_here(const ForkGuard& guard);

}  // namespace vitgen::rt
