#pragma once
// How many CPUs this process may use: affinity and cgroup quota. The parsers are pure functions of
// the texts of /proc and /sys; the reader takes the root of the file system, so that tests can
// record one.

#include <stddef.h>
#include <stdint.h>

namespace vitgen::rt {

/// A quota in CPUs, rounded up; 0: no limit or not readable.
/// "max 100000" -> 0, "150000 100000" -> 2, "50000 100000" -> 1 (cgroup v2, cpu.max).
int parse_cpu_max(const char* text);
/// cgroup v1: cpu.cfs_quota_us ("-1": none) and cpu.cfs_period_us.
int parse_cfs_quota(const char* quota, const char* period);

enum CgroupVersion : uint8_t { kCgroupNone, kCgroupV1, kCgroupV2 };

/// One line of /proc/self/cgroup, "0::/a/b" or "4:cpu,cpuacct:/a/b": the version if it is about CPU
/// time and its path; no copy, the path ends at the line's end.
struct CgroupLine {
  CgroupVersion version;
  const char* path;
};
CgroupLine parse_cgroup_line(const char* line);

/// One line of /proc/self/mountinfo: a cgroup2 mount, or a cgroup mount with the cpu controller.
struct CgroupMount {
  CgroupVersion version;
  const char* root;  ///< the cgroup that is mounted
  size_t root_length;
  const char* point;  ///< where
  size_t point_length;
};
CgroupMount parse_mount_line(const char* line);

/// The smallest quota from this process's cgroup up to the mount; 0: none. `root` is "" or a
/// directory that holds proc/ and the mounts.
int cgroup_cpus(const char* root);

/// CPUs in the calling thread's affinity mask, at least 1.
int affinity_cpus();

/// min(affinity, quota), at least 1.
int usable_cpus();

}  // namespace vitgen::rt
