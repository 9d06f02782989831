#include "tests/runtime/interpose.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/types.h>

#include <atomic>

namespace vitgen::test {
namespace {

std::atomic<int> g_calls[3];
std::atomic<int> g_failing_kind{-1};
std::atomic<int> g_countdown{0};
std::atomic<bool> g_once{false};
std::atomic<bool> g_old_kernel{false};
std::atomic<long> g_blocks{0};
std::atomic<long> g_mapped{0};

/// Counts a call; true if it shall fail.
bool fails(Libc kind) {
  ++g_calls[static_cast<int>(kind)];
  const int wanted = g_failing_kind;
  if (wanted != static_cast<int>(kind) && wanted != static_cast<int>(Libc::kAny)) return false;
  const int left = g_countdown--;
  return g_once ? left == 0 : left <= 0;
}

void* counted(void* block) {
  if (block != nullptr) ++g_blocks;
  return block;
}

}  // namespace

int calls_of(Libc kind) {
  if (kind == Libc::kAny) return g_calls[0] + g_calls[1] + g_calls[2];
  return g_calls[static_cast<int>(kind)];
}

void reset_calls() {
  for (auto& calls : g_calls) calls = 0;
}

Failing::Failing(Libc kind, int first, Mode mode) {
  g_once = mode == kOnce;
  g_countdown = first;
  g_failing_kind = static_cast<int>(kind);
}

Failing::~Failing() { g_failing_kind = -1; }

OldKernel::OldKernel() { g_old_kernel = true; }
OldKernel::~OldKernel() { g_old_kernel = false; }

Held held() { return {g_blocks, g_mapped}; }

}  // namespace vitgen::test

using namespace vitgen::test;

extern "C" {

void* __real_malloc(size_t bytes);
void* __real_calloc(size_t count, size_t bytes);
void* __real_aligned_alloc(size_t alignment, size_t bytes);
void __real_free(void* block);
void* __real_mmap(void* at, size_t bytes, int protection, int flags, int fd, off_t offset);
int __real_munmap(void* at, size_t bytes);
int __real_madvise(void* at, size_t bytes, int advice);
int __real_pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                          void* (*start)(void*), void* argument);

void* __wrap_malloc(size_t bytes);
void* __wrap_malloc(size_t bytes) {
  return fails(Libc::kMalloc) ? nullptr : counted(__real_malloc(bytes));
}

void* __wrap_calloc(size_t count, size_t bytes);
void* __wrap_calloc(size_t count, size_t bytes) {
  return fails(Libc::kMalloc) ? nullptr : counted(__real_calloc(count, bytes));
}

void* __wrap_aligned_alloc(size_t alignment, size_t bytes);
void* __wrap_aligned_alloc(size_t alignment, size_t bytes) {
  return fails(Libc::kMalloc) ? nullptr : counted(__real_aligned_alloc(alignment, bytes));
}

void __wrap_free(void* block);
void __wrap_free(void* block) {
  if (block != nullptr) --g_blocks;
  __real_free(block);
}

void* __wrap_mmap(void* at, size_t bytes, int protection, int flags, int fd, off_t offset);
void* __wrap_mmap(void* at, size_t bytes, int protection, int flags, int fd, off_t offset) {
  if (fails(Libc::kMap)) {
    errno = ENOMEM;
    return reinterpret_cast<void*>(-1);
  }
  void* memory = __real_mmap(at, bytes, protection, flags, fd, offset);
  if (memory != reinterpret_cast<void*>(-1)) g_mapped += static_cast<long>(bytes);
  return memory;
}

int __wrap_munmap(void* at, size_t bytes);
int __wrap_munmap(void* at, size_t bytes) {
  g_mapped -= static_cast<long>(bytes);
  return __real_munmap(at, bytes);
}

int __wrap_madvise(void* at, size_t bytes, int advice);
int __wrap_madvise(void* at, size_t bytes, int advice) {
  if (!g_old_kernel) return __real_madvise(at, bytes, advice);
  errno = EINVAL;
  return -1;
}

int __wrap_pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                          void* (*start)(void*), void* argument);
int __wrap_pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                          void* (*start)(void*), void* argument) {
  return fails(Libc::kThread) ? EAGAIN : __real_pthread_create(thread, attributes, start, argument);
}

}  // extern "C"
