#include "runtime/threads.h"

#include "runtime/cpu_count.h"
#include "runtime/options.h"
#include "runtime/pool.h"

namespace vitgen::rt {
namespace {

/// 60 to 85 parallel loops an image follow each other within microseconds; longer gaps are not
/// ours.
enum : int { kDefaultSpinUs = 50, kLargestSpinUs = 1000000 };

uint64_t spin_ns(int spin_us) {
  if (spin_us < 0) return 0;
  if (spin_us == 0) spin_us = kDefaultSpinUs;
  if (spin_us > kLargestSpinUs) spin_us = kLargestSpinUs;
  return static_cast<uint64_t>(spin_us) * 1000u;
}

}  // namespace

int thread_count(int requested, uint32_t flags) {
  if (requested > 0 && (flags & VITGEN_API_EXACT_THREADS) != 0) return requested;
  int usable = usable_cpus();
  if (usable > kMaxThreads) usable = kMaxThreads;
  return requested > 0 && requested < usable ? requested : usable;
}

int start_pool(int workers, int spin_us, vitgen_pool*& pool, Text& why) {
  PoolFailure failure;
  pool = pool_make(workers, spin_ns(spin_us), failure);
  if (pool != nullptr) return VITGEN_API_OK;
  why << "threads: only " << failure.started << " of " << workers - 1
      << " could start: " << Errno{failure.error};
  return VITGEN_API_E_RESOURCES;
}

}  // namespace vitgen::rt

using namespace vitgen::rt;

int vitgen_api_pool_create(const vitgen_api_pool_options* given, vitgen_pool** out) {
  if (out != nullptr) *out = nullptr;
  vitgen_api_pool_options options;
  const OptionsCheck check = options_copy(given, options);
  if (check == kOptionsTooSmall || out == nullptr) return VITGEN_API_E_ARG;
  Text why = text_in(options.error_text, options.error_text_bytes);
  if (check == kOptionsUnknownField || (options.flags & ~uint32_t{VITGEN_API_EXACT_THREADS}) != 0) {
    why << "options: a field or flag is set that this library does not know";
    return VITGEN_API_E_ARG;
  }
  if (options.threads < 0 || options.threads > kMaxThreads) {
    why << "options: threads is not in 0.." << int{kMaxThreads};
    return VITGEN_API_E_ARG;
  }
  return start_pool(thread_count(options.threads, options.flags), options.spin_us, *out, why);
}

int vitgen_api_pool_destroy(vitgen_pool* pool) {
  if (pool == nullptr) return VITGEN_API_OK;
  if (!pool_is_valid(pool)) return VITGEN_API_E_ARG;
  return pool->destroy(pool) == 0 ? VITGEN_API_OK : VITGEN_API_E_BUSY;
}

int vitgen_api_default_threads(void) { return thread_count(0, 0); }
