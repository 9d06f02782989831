#pragma once
// Writing files so that a reader sees the old ones or the new ones, and a failed run leaves
// nothing.
//
// Errors are of class ExitCode::io: IO_CREATE (directory or file cannot be made), IO_WRITE,
// IO_NO_SPACE (disk, quota or file-size limit), IO_RENAME. The previous files stay on every error.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "generators/base/temp_dir.h"
#include "generators/base/unique_fd.h"

namespace vitgen {

/// A set of files that appears in `directory` as a whole.
///
/// They are built in a temporary directory inside `directory` (the same file system, so that a
/// rename cannot fail half-way for lack of space). `directory` and its parents are created when
/// absent and removed again when nothing was committed.
///
///     OutputSet out("build/model");
///     out.add("model.h", header_text);                  // text at hand
///     link(out.staged_path("model.so"));                // a tool or a stream writes the file
///     out.commit("model.manifest.json");                // this one is renamed last
class OutputSet {
 public:
  explicit OutputSet(const std::string& directory);
  OutputSet(const OutputSet&) = delete;
  OutputSet& operator=(const OutputSet&) = delete;
  ~OutputSet();

  /// Where to write the file that will be called `name` (a plain file name) in the directory.
  std::string staged_path(std::string_view name);

  void add(std::string_view name, std::span<const std::byte> content);
  void add(std::string_view name, std::string_view content);

  /// Syncs every file and renames it into the directory, `last` (one of the set) at the end, so
  /// that whoever finds a new `last` finds its companions. Undoes the renames when one fails.
  void commit(std::string_view last);

  const std::string& directory() const { return directory_; }

 private:
  struct Move;
  void remove_created();
  void sync_all() const;
  std::vector<Move> plan_moves(std::string_view last) const;

  std::string directory_;
  std::vector<std::string> created_;  ///< directories made for this set, outermost first
  std::vector<int> created_slots_;
  std::unique_ptr<TempDir> staging_;
  std::vector<std::string> names_;
  bool committed_ = false;
};

/// One file, replaced as a whole: `path` holds the old content or `content`, never a part. A
/// symbolic link stays and its target is replaced (made, when absent); a device or pipe, by name or
/// behind a link, is refused with IO_RENAME.
void write_aside(const std::string& path, std::string_view content);

/// Throws IO_NO_SPACE unless so many bytes can be written in `directory` now: for what others write
/// there, who end the process or take a full disk for another failure.
void require_room(const std::string& directory, std::uint64_t bytes);

/// A file that is written from front to back and by position. Errors IO_CREATE, IO_WRITE,
/// IO_NO_SPACE.
class FileWriter {
 public:
  /// Creates the file; it must not exist.
  explicit FileWriter(std::string path);

  void write(std::span<const std::byte> data);
  void write(std::string_view text);
  void pwrite(std::span<const std::byte> data, std::uint64_t offset);
  /// Bytes passed to `write` so far.
  std::uint64_t position() const { return position_; }
  /// Closes and reports what the system only says then (quota, network file systems).
  void close();

 private:
  std::string path_;
  UniqueFd fd_;
  std::uint64_t position_ = 0;
};

}  // namespace vitgen
