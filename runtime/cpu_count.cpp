#include "runtime/cpu_count.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "runtime/text.h"

namespace vitgen::rt {
namespace {

enum : size_t { kPathBytes = 4096, kLineBytes = 4096, kValueBytes = 64 };

int open_for_reading(const char* path) { return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); }

ssize_t read_some(int fd, char* buffer, size_t bytes) {
  ssize_t got;
  do {
    got = read(fd, buffer, bytes);
  } while (got < 0 && errno == EINTR);
  return got;
}

/// Calls use(line) for each line that fits; use returns true to stop.
template <class Use>
void for_each_line(const char* path, Use use) {
  const int fd = open_for_reading(path);
  if (fd < 0) return;
  char buffer[kLineBytes];
  size_t held = 0;
  bool skipping = false;  // inside a line that does not fit
  for (ssize_t got; (got = read_some(fd, buffer + held, sizeof buffer - 1 - held)) > 0;) {
    held += static_cast<size_t>(got);
    char* begin = buffer;
    for (char* end; (end = static_cast<char*>(memchr(
                         begin, '\n', held - static_cast<size_t>(begin - buffer)))) != nullptr;) {
      *end = '\0';
      if (!skipping && use(static_cast<const char*>(begin))) {
        close(fd);
        return;
      }
      skipping = false;
      begin = end + 1;
    }
    held -= static_cast<size_t>(begin - buffer);
    memmove(buffer, begin, held);
    if (held == sizeof buffer - 1) {
      held = 0;
      skipping = true;
    }
  }
  close(fd);
}

/// The start of a small file as text; "" if it cannot be read.
void read_value(const char* directory, const char* file, char (&value)[kValueBytes]) {
  char path[kPathBytes];
  Text text = text_in(path, sizeof path);
  text << directory << "/" << file;
  value[0] = '\0';
  const int fd = open_for_reading(path);
  if (fd < 0) return;
  const ssize_t got = read_some(fd, value, sizeof value - 1);
  value[got > 0 ? got : 0] = '\0';
  close(fd);
}

int quota_of(CgroupVersion version, const char* directory) {
  char value[kValueBytes];
  if (version == kCgroupV2) {
    read_value(directory, "cpu.max", value);
    return parse_cpu_max(value);
  }
  char period[kValueBytes];
  read_value(directory, "cpu.cfs_quota_us", value);
  read_value(directory, "cpu.cfs_period_us", period);
  return parse_cfs_quota(value, period);
}

int smaller_limit(int a, int b) {
  if (a == 0 || b == 0) return a + b;
  return a < b ? a : b;
}

/// `directory` is changed: its last components are cut while climbing to the mount point.
int smallest_quota(CgroupVersion version, char* directory, size_t mount_length) {
  int limit = 0;
  for (;;) {
    limit = smaller_limit(limit, quota_of(version, directory));
    char* slash = strrchr(directory, '/');
    if (slash == nullptr || slash < directory + mount_length) return limit;
    *slash = '\0';
  }
}

/// Where the cgroup `path` shows under the mount: without the part that the mount's root already
/// has. A path outside of the root (a foreign namespace) shows only the mount itself.
const char* below_root(const CgroupMount& mount, const char* path) {
  if (mount.root_length == 1) return strcmp(path, "/") == 0 ? "" : path;
  if (strncmp(path, mount.root, mount.root_length) != 0) return "";
  const char* rest = path + mount.root_length;
  return *rest == '/' ? rest : "";
}

int quota_under(const char* root, const CgroupMount& mount, const char* path) {
  char directory[kPathBytes];
  char point[kLineBytes];
  memcpy(point, mount.point, mount.point_length);
  point[mount.point_length] = '\0';
  Text text = text_in(directory, sizeof directory);
  text << root << point;
  const size_t mount_length = text.length;
  text << below_root(mount, path);
  if (text.length + 1 >= sizeof directory) return 0;
  return smallest_quota(mount.version, directory, mount_length);
}

}  // namespace

int cgroup_cpus(const char* root) {
  char paths[2][kPathBytes] = {"", ""};  // of version 1 and 2
  char file[kPathBytes];
  Text text = text_in(file, sizeof file);
  text << root << "/proc/self/cgroup";
  for_each_line(file, [&paths](const char* line) {
    const CgroupLine parsed = parse_cgroup_line(line);
    if (parsed.version == kCgroupNone) return false;
    Text path = text_in(paths[parsed.version - kCgroupV1], kPathBytes);
    path << parsed.path;
    return false;
  });
  int limit = 0;
  text = text_in(file, sizeof file);
  text << root << "/proc/self/mountinfo";
  for_each_line(file, [&](const char* line) {
    const CgroupMount mount = parse_mount_line(line);
    if (mount.version == kCgroupNone) return false;
    const char* path = paths[mount.version - kCgroupV1];
    if (path[0] != '\0') limit = smaller_limit(limit, quota_under(root, mount, path));
    return false;
  });
  return limit;
}

int affinity_cpus() {
  unsigned long mask[8192 / (8 * sizeof(unsigned long))] =
      {};  // 8192: the largest Linux CONFIG_NR_CPUS
  if (sched_getaffinity(0, sizeof mask, reinterpret_cast<cpu_set_t*>(mask)) != 0) {
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? static_cast<int>(online) : 1;
  }
  int count = 0;
  for (const unsigned long word : mask) {
    for (unsigned long bits = word; bits != 0; bits &= bits - 1) ++count;
  }
  return count > 0 ? count : 1;
}

int usable_cpus() { return smaller_limit(affinity_cpus(), cgroup_cpus("")); }

}  // namespace vitgen::rt
