#pragma once
// Blocks of a GPU: how many threads they have, and loops that those share.

#include <Halide.h>

#include <cstdint>
#include <vector>

#include "schedules/machine.h"

namespace vitgen {

/// The knob of a rule whose blocks have one dimension.
struct ThreadKnobs {
  int threads = 256;  ///< of a block
  template <class V>
  void visit(V& v) {
    v("threads", threads);
  }
};

/// What the second and third dimension of a grid can be (CUDA C++ Programming Guide, table of
/// technical specifications).
inline constexpr int kMostBlocksAcross = 65535;

/// Reads of a thread that are unrolled, so that one does not wait for the one before it: eight of
/// them in each of 256 threads are 8 KiB, about what memory delivers to a multiprocessor in the
/// half microsecond that a read takes.
inline constexpr int kReadsUnderWay = 8;

/// A warp, or 32 where threads do not run in step: fewer are no block worth its start.
int least_threads(const Machine& machine);

/// Threads of a block if each of `items` takes one: block_threads, halved until every
/// multiprocessor has a block.
int threads_for_grid(std::int64_t items, const Machine& machine);

/// Threads of a block that shares out `items` by itself: the power of two that covers them, within
/// block_threads.
int threads_for_block(std::int64_t items, const Machine& machine);

/// `defaults`, and every power of two of threads that a block can have.
std::vector<ThreadKnobs> thread_space(const ThreadKnobs& defaults, const Machine& machine);

/// Throws KNOBS_ILLEGAL unless a block can have as many threads.
void require_threads(int threads, const Machine& machine);

/// The largest divisor of `extent` that is at most `most`.
int largest_divisor(int extent, int most);

/// An extent in shared memory for which neighbours along the next dimension lie in different banks.
constexpr int odd(int extent) { return extent | 1; }

/// The loops over one dimension that the threads of a block share out: neighbours take neighbours,
/// and each goes on by all threads.
struct SharedLoop {
  Halide::Var dim;
  int extent = 1;
  int threads = 1;
  Halide::Var thread{"thread"}, step{"step"};

  /// Makes `step` the innermost loop and `thread` the one about it.
  void split(Halide::Stage stage) const;
};

}  // namespace vitgen
