// When a machine is called busy, or its threads one core.

#include "tools/measure/machine_notes.h"

#include <gtest/gtest.h>
#include <sched.h>

namespace vitgen {
namespace {

// The calling thread, and those that it starts, on one CPU until the end of the scope.
class OnOneCpu {
 public:
  OnOneCpu() {
    CPU_ZERO(&before_);
    if (::sched_getaffinity(0, sizeof before_, &before_) != 0) return;
    for (int cpu = 0; cpu < CPU_SETSIZE && !pinned_; ++cpu) {
      if (CPU_ISSET(cpu, &before_) == 0) continue;
      cpu_set_t one;
      CPU_ZERO(&one);
      CPU_SET(cpu, &one);
      pinned_ = ::sched_setaffinity(0, sizeof one, &one) == 0;
    }
  }
  ~OnOneCpu() {
    if (pinned_) ::sched_setaffinity(0, sizeof before_, &before_);
  }
  OnOneCpu(const OnOneCpu&) = delete;
  OnOneCpu& operator=(const OnOneCpu&) = delete;
  bool pinned() const { return pinned_; }

 private:
  cpu_set_t before_;
  bool pinned_ = false;
};

TEST(MachineNotes, ThreeThreadsOnOneCpuGetNoMoreThanHalfOfTheirTime) {
  const OnOneCpu cpu;
  if (!cpu.pinned()) GTEST_SKIP() << "no affinity can be set";
  const double share = processor_share(3, 0.2);
  EXPECT_GT(share, 0);
  EXPECT_LT(share, 0.5) << "about a third";
  EXPECT_LE(processor_share(1, 0.01), 1.01);
}

TEST(MachineNotes, ThreadsThatReachNoMoreThanOneAreTold) {
  const auto peaks = [](int threads, double gflops) {
    MachinePeaks each;
    each.threads = threads;
    each.gflops = gflops;
    return each;
  };
  EXPECT_EQ(scaling_note(100, {peaks(1, 100)}), "");
  EXPECT_EQ(scaling_note(100, {peaks(1, 100), peaks(2, 190)}), "");
  EXPECT_EQ(scaling_note(100, {peaks(2, 104), peaks(1, 100)}),
            "2 threads reach 104.0 GF/s, no more than the 100.0 of 1 thread: they share a core or "
            "a limit of their control group");
}

TEST(MachineNotes, ABusyMachineIsToldWithItsSign) {
  EXPECT_EQ(busy_note("a sign", "wait"), "the machine looks busy: a sign; wait");
}

}  // namespace
}  // namespace vitgen
