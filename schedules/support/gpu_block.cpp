#include "schedules/support/gpu_block.h"

#include <algorithm>

#include "schedules/rule.h"

namespace vitgen {

int least_threads(const Machine& machine) { return std::max(machine.warp, 32); }

int threads_for_grid(std::int64_t items, const Machine& machine) {
  int threads = machine.block_threads;
  while (threads / 2 >= least_threads(machine) &&
         items <= std::int64_t{threads} * (machine.multiprocessors - 1)) {
    threads /= 2;
  }
  return threads;
}

int threads_for_block(std::int64_t items, const Machine& machine) {
  int threads = least_threads(machine);
  while (threads < items && threads * 2 <= machine.block_threads) threads *= 2;
  return threads;
}

std::vector<ThreadKnobs> thread_space(const ThreadKnobs& defaults, const Machine& machine) {
  std::vector<ThreadKnobs> space = {defaults};
  for (int threads = least_threads(machine); threads <= machine.max_threads; threads *= 2) {
    if (threads != defaults.threads) space.push_back({.threads = threads});
  }
  return space;
}

void require_threads(int threads, const Machine& machine) {
  require_knobs(threads >= 1 && threads <= machine.max_threads && threads % machine.warp == 0,
                "the threads of a block are whole warps and within the block's limit");
}

int largest_divisor(int extent, int most) {
  int divisor = std::min(extent, most);
  while (extent % divisor != 0) --divisor;
  return divisor;
}

void SharedLoop::split(Halide::Stage stage) const {
  using Halide::TailStrategy;
  stage
      .split(dim, step, thread, threads,
             extent % threads == 0 ? TailStrategy::RoundUp : TailStrategy::GuardWithIf)
      .reorder(step, thread)
      .gpu_threads(thread);
}

}  // namespace vitgen
