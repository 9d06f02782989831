#include "generators/base/temp_dir.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "generators/base/file.h"
#include "generators/base/signal_cleanup.h"

namespace vitgen {
namespace {

constexpr std::string_view prefix = ".vitgen-";
constexpr std::size_t random_letters = 6;

UniqueFd open_directory_at(int parent_fd, const char* name) {
  return UniqueFd(::openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

enum class Lock { taken, busy, unsupported };

/// `busy` also when the directory has lost its name meanwhile.
Lock lock_directory(const UniqueFd& fd) {
  struct stat s{};
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    return errno == EWOULDBLOCK || errno == EINTR ? Lock::busy : Lock::unsupported;
  }
  return ::fstat(fd.get(), &s) == 0 && s.st_nlink > 0 ? Lock::taken : Lock::busy;
}

}  // namespace

void remove_abandoned(const std::string& parent) {
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(parent.c_str()), ::closedir);
  if (!listing) return;
  const int parent_fd = ::dirfd(listing.get());
  while (const dirent* entry = ::readdir(listing.get())) {
    const std::string_view name = entry->d_name;
    if (!name.starts_with(prefix) || name.size() != prefix.size() + random_letters) continue;
    const UniqueFd fd = open_directory_at(parent_fd, entry->d_name);
    const bool dead = fd.valid() && lock_directory(fd) == Lock::taken;
    if (dead) remove_tree_at(parent_fd, entry->d_name);
  }
}

std::string temporary_directory() {
  const char* named = std::getenv("TMPDIR");
  return named && *named ? named : "/tmp";
}

TempDir::TempDir(const std::string& parent) : owner_(::getpid()) {
  const DeferSignals until_registered;
  remove_abandoned(parent);
  // Another process may take a new directory for an abandoned one before it is locked. Where the
  // file system has no locks, nothing is ever taken for abandoned.
  for (int attempt = 0; attempt < 100; ++attempt) {
    if (!create(parent) || lock_directory(fd_) == Lock::busy) continue;
    slot_ = remember_for_cleanup(path_, Cleanup::tree);
    return;
  }
  io_error("IO_CREATE", parent, "cannot lock a temporary directory in it", EBUSY);
}

bool TempDir::create(const std::string& parent) {
  path_ = parent + "/" + std::string(prefix) + "XXXXXX";
  if (::mkdtemp(path_.data()) == nullptr) {
    io_error("IO_CREATE", parent, "cannot create a temporary directory in it", errno);
  }
  fd_ = open_directory_at(AT_FDCWD, path_.c_str());
  if (!fd_.valid() && errno != ENOENT) io_error("IO_CREATE", path_, "cannot open", errno);
  return fd_.valid();
}

TempDir::~TempDir() {
  const DeferSignals until_removed;
  forget_cleanup(slot_);
  if (owner_ == ::getpid()) remove_tree_at(AT_FDCWD, path_.c_str());
}

}  // namespace vitgen
