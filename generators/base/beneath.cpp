#include "generators/base/beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <filesystem>
#include <vector>

namespace vitgen {
namespace {

constexpr int read_flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW;

UniqueFd fail(int error_number) {
  errno = error_number;
  return {};
}

/// A directory on the way; a symbolic link gives ELOOP.
UniqueFd step_into(int parent_fd, const std::string& name) {
  UniqueFd fd(::openat(parent_fd, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat s{};
  if (!fd.valid() || ::fstat(fd.get(), &s) != 0) return fail(errno);
  if (S_ISLNK(s.st_mode)) return fail(ELOOP);
  if (!S_ISDIR(s.st_mode)) return fail(ENOTDIR);
  return fd;
}

}  // namespace

UniqueFd walk_beneath(int root_fd, const std::string& path) {
  if (path.find('\0') != path.npos) return fail(EINVAL);
  if (path.starts_with('/')) return fail(EXDEV);
  std::vector<std::string> names;
  for (const auto& part : std::filesystem::path(path)) names.push_back(part.string());
  if (names.empty()) return fail(ENOENT);
  if (names.back().empty() || names.back() == "." || names.back() == "..") return fail(EISDIR);
  std::vector<UniqueFd> below;
  for (std::size_t i = 0; i + 1 < names.size(); ++i) {
    if (names[i] == ".") continue;
    if (names[i] == "..") {
      if (below.empty()) return fail(EXDEV);
      below.pop_back();
      continue;
    }
    below.push_back(step_into(below.empty() ? root_fd : below.back().get(), names[i]));
    if (!below.back().valid()) return fail(errno);
  }
  const int last = below.empty() ? root_fd : below.back().get();
  return UniqueFd(::openat(last, names.back().c_str(), read_flags));
}

UniqueFd open_beneath(int root_fd, const std::string& path) {
  if (path.find('\0') != path.npos) return fail(EINVAL);
  open_how how{};
  how.flags = read_flags;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  // EAGAIN: something was renamed during the resolution (man 2 openat2).
  long fd = -1;
  for (int attempt = 0; attempt < 16; ++attempt) {
    fd = ::syscall(SYS_openat2, root_fd, path.c_str(), &how, sizeof how);
    if (fd >= 0 || errno != EAGAIN) break;
  }
  if (fd < 0 && (errno == ENOSYS || errno == EPERM)) return walk_beneath(root_fd, path);
  return UniqueFd(static_cast<int>(fd));
}

}  // namespace vitgen
