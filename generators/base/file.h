#pragma once
// Reading files that may be hostile: only regular files, never blocking, never by name twice.
//
// Errors are of class ExitCode::io:
//   IO_OPEN         cannot be opened (absent, no permission, symlink loop, too many open files)
//   IO_NOT_REGULAR  directory, FIFO, socket or device
//   IO_TOO_LARGE    larger than the caller's limit, or than 2^47 bytes
//   IO_READ         the system refused to read, or the file ended early
//   IO_CHANGED      size or modification time differ from those at open

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "generators/base/unique_fd.h"

namespace vitgen {

/// What must stay the same while a file is read.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;  ///< since the epoch
  bool operator==(const FileStamp&) const = default;
};

/// An open regular file. The same descriptor serves validation and use, so a file that is replaced
/// under its name meanwhile does not matter; one that is rewritten in place is noticed.
class RegularFile {
 public:
  static RegularFile open(const std::string& path);
  /// Takes over a descriptor; `name` is used in errors. Refuses anything that is not regular.
  static RegularFile adopt(UniqueFd fd, std::string name);

  const std::string& name() const { return name_; }
  std::uint64_t size() const { return stamp_.size; }
  const FileStamp& stamp() const { return stamp_; }
  int fd() const { return fd_.get(); }

  /// Fills `out` from byte `offset`, across short reads and interrupts; then checks the stamp.
  void pread_exact(std::span<std::byte> out, std::uint64_t offset) const;

  /// The whole content; IO_TOO_LARGE before anything is allocated.
  std::string read_whole(std::uint64_t limit) const;

  /// Throws IO_CHANGED when the file is no longer the one that was opened.
  void require_unchanged() const;

 private:
  RegularFile(UniqueFd fd, std::string name, const FileStamp& stamp);

  UniqueFd fd_;
  std::string name_;
  FileStamp stamp_;
};

/// The content of the regular file at `path`, at most `limit` bytes.
std::string read_whole(const std::string& path, std::uint64_t limit);

/// Throws Error(io, code): `<name>: <what>: <text of the error number>`.
[[noreturn]] void io_error(std::string_view code, std::string_view name, std::string_view what,
                           int error_number);

}  // namespace vitgen
