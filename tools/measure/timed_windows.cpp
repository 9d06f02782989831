#include "tools/measure/timed_windows.h"

#include <algorithm>
#include <barrier>
#include <chrono>
#include <thread>
#include <vector>

namespace vitgen {

namespace {

using Clock = std::chrono::steady_clock;

struct Stretch {
  Clock::time_point start, end;
};

double length(const std::vector<Stretch>& stretches) {
  const auto first = std::ranges::min_element(stretches, {}, &Stretch::start);
  const auto last = std::ranges::max_element(stretches, {}, &Stretch::end);
  return std::chrono::duration<double>(last->end - first->start).count();
}

}  // namespace

double best_window(int threads, double seconds, const std::function<void(int)>& body) {
  constexpr int kLeastWindows = 3;
  const int count = std::max(threads, 1);
  std::vector<Stretch> stretches(static_cast<std::size_t>(count));
  const Clock::time_point begin = Clock::now();
  double best = 0;
  int windows = 0;
  bool more = true;
  // Runs between two windows, on one thread while the others wait.
  const auto after_window = [&]() noexcept {
    const double now = length(stretches);
    best = windows == 0 ? now : std::min(best, now);
    ++windows;
    const double passed = std::chrono::duration<double>(Clock::now() - begin).count();
    more = windows < kLeastWindows || passed < seconds;
  };
  std::barrier gate(count);
  std::barrier finish(count, after_window);
  const auto work = [&](int thread) {
    Stretch& mine = stretches[static_cast<std::size_t>(thread)];
    while (more) {
      gate.arrive_and_wait();
      mine.start = Clock::now();
      body(thread);
      mine.end = Clock::now();
      finish.arrive_and_wait();
    }
  };
  std::vector<std::jthread> others;
  for (int thread = 1; thread < count; ++thread) others.emplace_back(work, thread);
  work(0);
  return best;
}

}  // namespace vitgen
