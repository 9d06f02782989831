#include "runtime/cpu_count.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "tests/base/support.h"

namespace vitgen::rt {
namespace {

TEST(CpuMax, quota_is_rounded_up) {
  EXPECT_EQ(parse_cpu_max("max 100000\n"), 0);
  EXPECT_EQ(parse_cpu_max("100000 100000\n"), 1);
  EXPECT_EQ(parse_cpu_max("150000 100000"), 2);
  EXPECT_EQ(parse_cpu_max("50000 100000\n"), 1);
  EXPECT_EQ(parse_cpu_max("1 100000\n"), 1);
  EXPECT_EQ(parse_cpu_max("6400000 100000\n"), 64);
}

TEST(CpuMax, nonsense_means_no_limit) {
  for (const char* text :
       {"", "\n", "max", "100000", "100000 ", "100000 0", "0 100000", "-1 100000", "abc def",
        "99999999999999999999 1", "999999999999999 1", "100000\t100000"}) {
    EXPECT_EQ(parse_cpu_max(text), 0) << text;
  }
}

TEST(CfsQuota, of_version_1_is_rounded_up) {
  EXPECT_EQ(parse_cfs_quota("-1\n", "100000\n"), 0);
  EXPECT_EQ(parse_cfs_quota("250000\n", "100000\n"), 3);
  EXPECT_EQ(parse_cfs_quota("", ""), 0);
  EXPECT_EQ(parse_cfs_quota("100000", "0"), 0);
}

TEST(CgroupLine, finds_cpu_controllers_only) {
  EXPECT_EQ(parse_cgroup_line("0::/user.slice/a").version, kCgroupV2);
  EXPECT_STREQ(parse_cgroup_line("0::/user.slice/a").path, "/user.slice/a");
  EXPECT_EQ(parse_cgroup_line("4:cpu,cpuacct:/docker/1f").version, kCgroupV1);
  EXPECT_STREQ(parse_cgroup_line("4:cpuacct,cpu:/docker/1f").path, "/docker/1f");
  EXPECT_EQ(parse_cgroup_line("3:cpuset:/x").version, kCgroupNone);
  EXPECT_EQ(parse_cgroup_line("1:name=systemd:/init.scope").version, kCgroupNone);
  for (const char* line : {"", ":", "::", "0:", "0::", "0::relative", "x"}) {
    EXPECT_EQ(parse_cgroup_line(line).version, kCgroupNone) << line;
  }
}

TEST(MountLine, finds_cgroup_mounts) {
  CgroupMount mount = parse_mount_line(
      "31 23 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate");
  EXPECT_EQ(mount.version, kCgroupV2);
  EXPECT_EQ(std::string(mount.root, mount.root_length), "/");
  EXPECT_EQ(std::string(mount.point, mount.point_length), "/sys/fs/cgroup");
  mount = parse_mount_line(
      "721 720 0:33 /docker/1f /sys/fs/cgroup/cpu,cpuacct ro master:15 - cgroup cgroup "
      "rw,cpu,cpuacct");
  EXPECT_EQ(mount.version, kCgroupV1);
  EXPECT_EQ(std::string(mount.root, mount.root_length), "/docker/1f");
  EXPECT_EQ(
      parse_mount_line("34 31 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset").version,
      kCgroupNone);
  EXPECT_EQ(parse_mount_line("22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw,cpu").version,
            kCgroupNone);
  for (const char* line : {"", "1 2 3", "1 2 3 / /x rw", "a b c d - cgroup2", " - "}) {
    EXPECT_EQ(parse_mount_line(line).version, kCgroupNone) << line;
  }
}

/// A file system with the files of one recorded process.
class Root {
 public:
  Root& with(const std::string& file, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(path_ + file).parent_path());
    std::ofstream(path_ + file) << text;
    return *this;
  }
  int cpus() const { return cgroup_cpus(path_.c_str()); }

 private:
  ::vitgen::testing::Scratch scratch_;
  std::string path_ = scratch_.path().string();
};

const char* const kMountV2 = "31 23 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";

TEST(Cgroup, v2_takes_the_smallest_quota_up_to_the_mount) {
  Root root;
  root.with("/proc/self/cgroup", "0::/a/b\n").with("/proc/self/mountinfo", kMountV2);
  EXPECT_EQ(root.cpus(), 0);
  root.with("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  EXPECT_EQ(root.cpus(), 0);
  root.with("/sys/fs/cgroup/a/cpu.max", "350000 100000\n");
  EXPECT_EQ(root.cpus(), 4);
  root.with("/sys/fs/cgroup/a/b/cpu.max", "50000 100000\n");
  EXPECT_EQ(root.cpus(), 1);
}

TEST(Cgroup, v2_in_a_container_with_its_own_namespace_reads_the_mount) {
  Root root;
  root.with("/proc/self/cgroup", "0::/\n")
      .with("/proc/self/mountinfo", kMountV2)
      .with("/sys/fs/cgroup/cpu.max", "200000 100000\n");
  EXPECT_EQ(root.cpus(), 2);
}

TEST(Cgroup, v1_in_a_container_without_a_namespace_cuts_the_mounts_root) {
  Root root;
  root.with("/proc/self/cgroup", "4:cpu,cpuacct:/docker/1f/inner\n3:cpuset:/docker/1f\n")
      .with("/proc/self/mountinfo",
            "1 0 0:33 /docker/1f /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu,cpuacct\n")
      .with("/sys/fs/cgroup/cpu/inner/cpu.cfs_quota_us", "-1\n")
      .with("/sys/fs/cgroup/cpu/inner/cpu.cfs_period_us", "100000\n")
      .with("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "300000\n")
      .with("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(root.cpus(), 3);
}

TEST(Cgroup, v1_and_v2_side_by_side_both_count) {
  Root root;
  root.with("/proc/self/cgroup", "4:cpu:/x\n0::/x\n")
      .with("/proc/self/mountinfo",
            "1 0 0:33 / /cg/cpu rw - cgroup cgroup rw,cpu\n2 0 0:34 / /cg/unified rw - cgroup2 "
            "none rw\n")
      .with("/cg/cpu/x/cpu.cfs_quota_us", "500000\n")
      .with("/cg/cpu/x/cpu.cfs_period_us", "100000\n")
      .with("/cg/unified/x/cpu.max", "700000 100000\n");
  EXPECT_EQ(root.cpus(), 5);
}

TEST(Cgroup, lines_longer_than_the_buffer_are_passed_over) {
  Root root;
  root.with("/proc/self/cgroup", "0::/" + std::string(10000, 'a') + "\n")
      .with("/proc/self/mountinfo",
            "1 0 0:1 / /" + std::string(9000, 'm') + " rw - cgroup2 x rw\n" + kMountV2)
      .with("/sys/fs/cgroup/cpu.max", "200000 100000\n");
  EXPECT_EQ(root.cpus(), 0);
  root.with("/proc/self/cgroup", "0::/\n");
  EXPECT_EQ(root.cpus(), 2);
}

TEST(Cgroup, missing_or_torn_files_mean_no_limit) {
  Root root;
  EXPECT_EQ(root.cpus(), 0);
  root.with("/proc/self/cgroup", "0::/a").with("/proc/self/mountinfo", "31 23 0:27 / /sys/fs/cg");
  EXPECT_EQ(root.cpus(), 0);
}

TEST(Affinity, is_that_of_the_calling_thread) {
  EXPECT_EQ(affinity_cpus(), static_cast<int>(std::thread::hardware_concurrency()));
  std::thread([] {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    EXPECT_EQ(affinity_cpus(), 1);
    EXPECT_EQ(usable_cpus(), 1);
  }).join();
  EXPECT_GE(usable_cpus(), 1);
}

}  // namespace
}  // namespace vitgen::rt
