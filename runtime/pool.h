#pragma once
// Threads that run the shares of parallel loops. One loop at a time has the threads; a loop that
// finds them taken runs on its own thread alone, so no caller ever waits for another one's work.

#include "runtime/api.h"

#include "runtime/text.h"

namespace vitgen::rt {

/// Why pool_make failed: an errno of mmap, aligned_alloc or pthread_create.
struct PoolFailure {
  int error;
  int started;  ///< threads that did start; all have ended again
};

/// A pool with `workers` >= 1, the calling thread included. spin_ns: how long a worker looks for
/// the next loop of a run before it sleeps. Null on failure.
vitgen_pool* pool_make(int workers, uint64_t spin_ns, PoolFailure& failure);

/// The share function must fit `vitgen_pool::run` of any library: version and size are known.
bool pool_is_valid(const vitgen_pool* pool);

}  // namespace vitgen::rt
