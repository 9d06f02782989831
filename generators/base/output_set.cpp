#include "generators/base/output_set.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "generators/base/error.h"
#include "generators/base/file.h"
#include "generators/base/signal_cleanup.h"

namespace vitgen {
namespace {

namespace fs = std::filesystem;

/// Makes `directory` and its absent parents; returns those it made, outermost first.
std::vector<std::string> create_directories(const std::string& directory) {
  std::vector<std::string> absent;
  for (fs::path at = directory; !at.empty(); at = at.parent_path()) {
    struct stat s{};
    if (::stat(at.c_str(), &s) == 0) break;
    if (errno != ENOENT) io_error("IO_CREATE", at.string(), "cannot use as a directory", errno);
    absent.push_back(at.string());
    if (!at.has_relative_path()) break;
  }
  std::reverse(absent.begin(), absent.end());
  for (std::size_t made = 0; made < absent.size(); ++made) {
    if (::mkdir(absent[made].c_str(), 0777) == 0 || errno == EEXIST) continue;
    const int error_number = errno;
    while (made-- > 0) ::rmdir(absent[made].c_str());
    io_error("IO_CREATE", directory, "cannot create", error_number);
  }
  return absent;
}

void sync_path(const std::string& path, int flags) {
  const UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC));
  if (!fd.valid()) io_error("IO_WRITE", path, "cannot open", errno);
  // EINVAL: a file system without sync.
  if (::fsync(fd.get()) == 0 || errno == EINVAL || errno == EROFS) return;
  const bool full = errno == ENOSPC || errno == EDQUOT;
  io_error(full ? "IO_NO_SPACE" : "IO_WRITE", path, "cannot sync", errno);
}

[[noreturn]] void refuse_special_file(const std::string& path) {
  throw Error(ExitCode::io, "IO_RENAME", printable(path) + ": a device or pipe, not a file",
              "outputs are written aside and renamed: name a regular file");
}

/// The end of a chain of symbolic links, whether a file is there or not.
fs::path follow_links(fs::path path) {
  constexpr int kMostLinks = 40;  // as the kernel follows
  struct stat s{};
  for (int links = 0; ::lstat(path.c_str(), &s) == 0 && S_ISLNK(s.st_mode); ++links) {
    if (links == kMostLinks) io_error("IO_RENAME", path.string(), "cannot replace", ELOOP);
    std::error_code error;
    const fs::path next = fs::read_symlink(path, error);
    if (error) io_error("IO_RENAME", path.string(), "cannot replace", error.value());
    path = path.parent_path() / next;  // an absolute `next` replaces the parent
  }
  return path;
}

/// The path to rename onto so that `path` has the new content and every symbolic link stays.
/// Refuses devices and pipes, by name or behind a link.
fs::path write_target(const std::string& path) {
  struct stat file{};
  const bool exists = ::stat(path.c_str(), &file) == 0;
  if (exists && !S_ISREG(file.st_mode) && !S_ISDIR(file.st_mode)) refuse_special_file(path);
  fs::path target = follow_links(path);
  struct stat found{};
  const bool same = exists && ::lstat(target.c_str(), &found) == 0 && found.st_dev == file.st_dev &&
                    found.st_ino == file.st_ino;
  // The links of /proc name an open file, which may have lost its name.
  if (exists && !same) io_error("IO_RENAME", path, "cannot replace", ENOENT);
  return target;
}

}  // namespace

/// One rename into place and what is needed to undo it.
struct OutputSet::Move {
  std::string staged;
  std::string target;
  std::string backup;  ///< second name of the old file, inside the temporary directory
  bool had_old = false;
  bool done = false;

  /// Keeps the old file reachable under `backup`; the target keeps its name where hard links work.
  void keep_old() {
    if (::link(target.c_str(), backup.c_str()) == 0 ||
        ::rename(target.c_str(), backup.c_str()) == 0) {
      had_old = true;
    } else if (errno != ENOENT) {
      io_error("IO_RENAME", target, "cannot replace", errno);
    }
  }

  void run() {
    keep_old();
    if (::rename(staged.c_str(), target.c_str()) != 0) {
      io_error("IO_RENAME", target, "cannot replace", errno);
    }
    done = true;
  }

  void undo() const {
    if (had_old) {
      ::rename(backup.c_str(), target.c_str());
    } else if (done) {
      ::unlink(target.c_str());
    }
  }
};

OutputSet::OutputSet(const std::string& directory)
    : directory_(directory.empty() ? "." : directory) {
  while (directory_.size() > 1 && directory_.ends_with('/')) directory_.pop_back();
  const DeferSignals until_registered;
  created_ = create_directories(directory_);
  try {
    staging_ = std::make_unique<TempDir>(directory_);
  } catch (...) {
    remove_created();
    throw;
  }
  for (const std::string& made : created_) {
    created_slots_.push_back(remember_for_cleanup(made, Cleanup::empty_directory));
  }
}

OutputSet::~OutputSet() {
  const DeferSignals until_removed;
  for (const int slot : created_slots_) forget_cleanup(slot);
  staging_.reset();
  if (!committed_) remove_created();
}

void OutputSet::remove_created() {
  for (auto made = created_.rbegin(); made != created_.rend(); ++made) ::rmdir(made->c_str());
}

std::string OutputSet::staged_path(std::string_view name) {
  const bool plain = !name.empty() && name != "." && name != ".." &&
                     name.find_first_of(std::string_view("/\0", 2)) == name.npos;
  if (!plain) {
    throw Error(ExitCode::internal, "IO_CREATE",
                fmt::format("not a plain file name: \"{}\"", printable(name)));
  }
  if (std::find(names_.begin(), names_.end(), name) == names_.end()) names_.emplace_back(name);
  return fmt::format("{}/{}", staging_->path(), name);
}

void OutputSet::add(std::string_view name, std::span<const std::byte> content) {
  FileWriter file(staged_path(name));
  file.write(content);
  file.close();
}

void OutputSet::add(std::string_view name, std::string_view content) {
  add(name, std::as_bytes(std::span(content.data(), content.size())));
}

void OutputSet::sync_all() const {
  for (const std::string& name : names_) {
    sync_path(fmt::format("{}/{}", staging_->path(), name), O_RDONLY | O_NOFOLLOW);
  }
}

std::vector<OutputSet::Move> OutputSet::plan_moves(std::string_view last) const {
  std::vector<std::string> order = names_;
  if (std::erase(order, last) == 0) {
    throw Error(ExitCode::internal, "IO_RENAME",
                fmt::format("\"{}\" is not part of the output set", printable(last)));
  }
  order.emplace_back(last);
  std::vector<Move> moves;
  for (const std::string& name : order) {
    moves.push_back({.staged = fmt::format("{}/{}", staging_->path(), name),
                     .target = fmt::format("{}/{}", directory_, name),
                     .backup = fmt::format("{}/{}~", staging_->path(), name)});
    struct stat s{};
    if (::lstat(moves.back().target.c_str(), &s) != 0) continue;
    if (S_ISDIR(s.st_mode)) io_error("IO_RENAME", moves.back().target, "cannot replace", EISDIR);
    if (!S_ISREG(s.st_mode) && !S_ISLNK(s.st_mode)) {
      refuse_special_file(moves.back().target);
    }
  }
  return moves;
}

void OutputSet::commit(std::string_view last) {
  sync_all();
  std::vector<Move> moves = plan_moves(last);
  const DeferSignals while_renaming;
  try {
    for (Move& move : moves) move.run();
    sync_path(directory_, O_RDONLY | O_DIRECTORY);
  } catch (...) {
    for (auto move = moves.rbegin(); move != moves.rend(); ++move) move->undo();
    throw;
  }
  committed_ = true;
  for (const int slot : created_slots_) forget_cleanup(slot);
  created_slots_.clear();
}

void write_aside(const std::string& path, std::string_view content) {
  const fs::path target = write_target(path);
  OutputSet out(target.parent_path().string());
  const std::string name = target.filename().string();
  out.add(name, content);
  out.commit(name);
}

}  // namespace vitgen
