#pragma once
// How fast data can be read: the slopes of a roofline.

#include <cstddef>

namespace vitgen {

/// Measured read bandwidth in GB/s (1e9 bytes) of `threads` threads together, each reading a buffer
/// of its own of `bytes` bytes (rounded up to 4 KiB) in order, with the widest loads that run here;
/// the best of many windows of about 1 ms or one pass. The size decides which cache is measured: a
/// half of it is a good choice, and for one that cores share a half over the threads. Takes
/// `seconds` and the time to write the buffers once. Buffers lie in 2 MB pages where the system
/// gives them, so that the figure is a bound. Throws resources NOMEM.
double read_bandwidth_gbs(std::size_t bytes, int threads, double seconds);

}  // namespace vitgen
