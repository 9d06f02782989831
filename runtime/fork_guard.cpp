#include "runtime/fork_guard.h"

#include <sys/mman.h>
#include <unistd.h>

#include "runtime/table.h"

namespace vitgen::rt {

bool fork_guard_make(ForkGuard& guard) {
  guard.pid = getpid();
  void* page =
      mmap(nullptr, VITGEN_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return false;
  if (madvise(page, VITGEN_PAGE, MADV_WIPEONFORK) != 0) {  // before Linux 4.14
    munmap(page, VITGEN_PAGE);
    return true;
  }
  *static_cast<uint32_t*>(page) = 1;
  guard.mark = static_cast<const uint32_t*>(page);
  return true;
}

void fork_guard_free(ForkGuard& guard) {
  if (guard.mark != nullptr) munmap(const_cast<uint32_t*>(guard.mark), VITGEN_PAGE);
  guard.mark = nullptr;
}

bool made_here(const ForkGuard& guard) {
  return guard.mark != nullptr ? *guard.mark != 0 : getpid() == guard.pid;
}

}  // namespace vitgen::rt
