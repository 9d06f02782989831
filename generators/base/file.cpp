#include "generators/base/file.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "generators/base/error.h"

namespace vitgen {
namespace {

// Linux addresses 47 bits; a larger "file" is sparse and meant to make sums overflow.
constexpr std::uint64_t max_file_bytes = std::uint64_t{1} << 47;
// pread transfers at most 2^31 - 4096 bytes per call (man 2 read).
constexpr std::size_t max_read_bytes = std::size_t{1} << 30;

FileStamp stamp_of(const struct stat& s) {
  return {.device = s.st_dev,
          .inode = s.st_ino,
          .size = static_cast<std::uint64_t>(s.st_size),
          .modified_ns = s.st_mtim.tv_sec * 1'000'000'000 + s.st_mtim.tv_nsec};
}

const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

void require_regular(const struct stat& s, std::string_view name) {
  if (S_ISREG(s.st_mode)) return;
  throw Error(ExitCode::io, "IO_NOT_REGULAR",
              fmt::format("{}: {}, expected a regular file", printable(name), kind_of(s.st_mode)));
}

}  // namespace

void io_error(std::string_view code, std::string_view name, std::string_view what,
              int error_number) {
  throw Error(ExitCode::io, code,
              fmt::format("{}: {}: {}", printable(name, 300), what,
                          std::generic_category().message(error_number)));
}

RegularFile::RegularFile(UniqueFd fd, std::string name, const FileStamp& stamp)
    : fd_(std::move(fd)), name_(std::move(name)), stamp_(stamp) {}

RegularFile RegularFile::open(const std::string& path) {
  // Looked at first because opening a device can have effects; the descriptor is checked again.
  struct stat seen{};
  if (::stat(path.c_str(), &seen) != 0) io_error("IO_OPEN", path, "cannot open", errno);
  require_regular(seen, path);
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid()) io_error("IO_OPEN", path, "cannot open", errno);
  return adopt(std::move(fd), path);
}

RegularFile RegularFile::adopt(UniqueFd fd, std::string name) {
  struct stat s{};
  if (::fstat(fd.get(), &s) != 0) io_error("IO_OPEN", name, "cannot examine", errno);
  require_regular(s, name);
  const FileStamp stamp = stamp_of(s);
  if (stamp.size > max_file_bytes) {
    throw Error(ExitCode::io, "IO_TOO_LARGE",
                fmt::format("{}: {} bytes, the limit is {}", printable(name, 300), stamp.size,
                            max_file_bytes));
  }
  return RegularFile(std::move(fd), std::move(name), stamp);
}

void RegularFile::require_unchanged() const {
  struct stat s{};
  if (::fstat(fd(), &s) != 0) io_error("IO_READ", name_, "cannot examine", errno);
  if (stamp_of(s) == stamp_) return;
  throw Error(ExitCode::io, "IO_CHANGED",
              fmt::format("{}: changed while it was read", printable(name_, 300)),
              "wait until the program that writes it has finished");
}

void RegularFile::pread_exact(std::span<std::byte> out, std::uint64_t offset) const {
  while (!out.empty()) {
    const std::size_t want = std::min(out.size(), max_read_bytes);
    const ssize_t got = ::pread(fd(), out.data(), want, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) io_error("IO_READ", name_, "cannot read", errno);
    if (got == 0) {
      require_unchanged();
      throw Error(ExitCode::io, "IO_READ",
                  fmt::format("{}: ends at offset {}", printable(name_, 300), offset));
    }
    out = out.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  require_unchanged();
}

std::string RegularFile::read_whole(std::uint64_t limit) const {
  if (size() > limit) {
    throw Error(ExitCode::io, "IO_TOO_LARGE",
                fmt::format("{}: {} bytes, the limit is {}", printable(name_, 300), size(), limit));
  }
  std::string content(static_cast<std::size_t>(size()), '\0');
  pread_exact(std::as_writable_bytes(std::span(content.data(), content.size())), 0);
  return content;
}

std::string read_whole(const std::string& path, std::uint64_t limit) {
  return RegularFile::open(path).read_whole(limit);
}

}  // namespace vitgen
