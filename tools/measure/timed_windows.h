#pragma once
// The same work on several threads at once, timed again and again: the best of many short windows
// is what the machine can do, whatever else it did in between.

#include <functional>

namespace vitgen {

/// Calls body(thread) on `threads` threads (at least 1, the calling one included) at the same time,
/// in windows until `seconds` have passed and at least three are over. Returns the length of the
/// shortest window, from its first thread's start to its last thread's end, in seconds.
double best_window(int threads, double seconds, const std::function<void(int)>& body);

}  // namespace vitgen
