#include "tools/measure/machine_notes.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <latch>
#include <thread>

#include "tools/measure/figures.h"

namespace vitgen {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double thread_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

struct Share {
  double ran = 0;
  double passed = 0;
};

Share share_of_this_thread(double seconds) {
  const double before = thread_seconds();
  const Clock::time_point start = Clock::now();
  double passed = 0;
  while (passed < seconds) passed = seconds_since(start);
  return {thread_seconds() - before, passed};
}

}  // namespace

std::string busy_note(const std::string& sign, const std::string& advice) {
  return fmt::format("the machine looks busy: {}; {}", sign, advice);
}

double processor_share(int threads, double seconds) {
  std::vector<Share> shares(static_cast<std::size_t>(std::max(threads, 1)));
  std::latch all_there(static_cast<std::ptrdiff_t>(shares.size()));
  {
    std::vector<std::jthread> running;
    for (Share& share : shares) {
      running.emplace_back([&share, &all_there, seconds] {
        all_there.arrive_and_wait();
        share = share_of_this_thread(seconds);
      });
    }
  }
  Share sum;
  for (const Share& share : shares) {
    sum.ran += share.ran;
    sum.passed += share.passed;
  }
  return sum.passed > 0 ? sum.ran / sum.passed : 1;
}

std::string scaling_note(double one_gflops, const std::vector<MachinePeaks>& peaks) {
  // Threads that share a core reach its peak together; repeated peaks differ by less than this.
  constexpr double kMore = 1.1;
  for (const MachinePeaks& each : peaks) {
    if (each.threads < 2 || each.gflops > kMore * one_gflops) continue;
    return fmt::format(
        "{} threads reach {} GF/s, no more than the {} of 1 thread: they share a core or a limit "
        "of their control group",
        each.threads, figure(each.gflops), figure(one_gflops));
  }
  return {};
}

}  // namespace vitgen
