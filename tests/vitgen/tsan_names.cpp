// Kernels that LLVM instruments for ThreadSanitizer call these three; the library of g++ 12 knows
// them only as C's functions, which it intercepts. A program that links LLVM's has the real ones.

#if defined(__SANITIZE_THREAD__)

#include <cstring>

extern "C" {

__attribute__((weak, visibility("default"))) void* __tsan_memset(void* to, int value,
                                                                 std::size_t count) {
  return std::memset(to, value, count);
}

__attribute__((weak, visibility("default"))) void* __tsan_memcpy(void* to, const void* from,
                                                                 std::size_t count) {
  return std::memcpy(to, from, count);
}

__attribute__((weak, visibility("default"))) void* __tsan_memmove(void* to, const void* from,
                                                                  std::size_t count) {
  return std::memmove(to, from, count);
}

}  // extern "C"

#endif
