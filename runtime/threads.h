#pragma once
// How many threads to use and how to start them, for contexts and pools alike.

#include "runtime/api.h"
#include "runtime/text.h"

namespace vitgen::rt {

/// Of a context or a pool: more than any machine has, few enough for the fields of a pool's gate.
enum : int { kMaxThreads = 1024 };

/// What a request means here: 0 all usable CPUs; else at most that many, or exactly with
/// VITGEN_API_EXACT_THREADS.
int thread_count(int requested, uint32_t flags);

/// spin_us as in the options: 0 the default, negative none. Returns a code of the API.
int start_pool(int workers, int spin_us, vitgen_pool*& pool, Text& why);

}  // namespace vitgen::rt
