#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "generators/base/file.h"
#include "generators/base/output_set.h"
#include "generators/base/temp_dir.h"

namespace vitgen {
namespace {

[[noreturn]] void write_error(const std::string& path, int error_number) {
  const bool full = error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG;
  io_error(full ? "IO_NO_SPACE" : "IO_WRITE", path, "cannot write", error_number);
}

}  // namespace

FileWriter::FileWriter(std::string path) : path_(std::move(path)) {
  fd_ = UniqueFd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666));
  if (!fd_.valid()) {
    if (errno == ENOSPC || errno == EDQUOT) write_error(path_, errno);
    io_error("IO_CREATE", path_, "cannot create", errno);
  }
}

void FileWriter::pwrite(std::span<const std::byte> data, std::uint64_t offset) {
  while (!data.empty()) {
    const std::size_t size = std::min(data.size(), std::size_t{1} << 30);
    const ssize_t done = ::pwrite(fd_.get(), data.data(), size, static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) write_error(path_, errno);
    data = data.subspan(static_cast<std::size_t>(done));
    offset += static_cast<std::uint64_t>(done);
  }
}

void FileWriter::write(std::span<const std::byte> data) {
  pwrite(data, position_);
  position_ += data.size();
}

void FileWriter::write(std::string_view text) {
  write(std::as_bytes(std::span(text.data(), text.size())));
}

void FileWriter::close() {
  // Linux closes the descriptor even when close() fails (man 2 close).
  if (fd_.valid() && ::close(fd_.release()) != 0 && errno != EINTR) write_error(path_, errno);
}

void require_room(const std::string& directory, std::uint64_t bytes) {
  const TempDir place(directory);
  const std::string path = place.path() + "/room";
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.valid()) write_error(directory, errno);
  const int error_number = ::posix_fallocate(fd.get(), 0, static_cast<off_t>(bytes));
  if (error_number != 0) write_error(directory, error_number);
}

}  // namespace vitgen
