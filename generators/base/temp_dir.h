#pragma once
// A temporary directory that does not outlive its use: not after an exception, not after ctrl-C,
// and not for longer than the next run after `kill -9`.

#include <sys/types.h>

#include <string>

#include "generators/base/unique_fd.h"

namespace vitgen {

/// `parent/.vitgen-XXXXXX` with mode 0700, removed with its content by the destructor.
///
/// Its descriptor holds a lock while the owner lives; directories of that name pattern in `parent`
/// whose lock is free belong to dead processes and are removed on construction. Only the process
/// that made it removes it, not a forked child. Errors: IO_CREATE.
class TempDir {
 public:
  explicit TempDir(const std::string& parent);
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir();

  const std::string& path() const { return path_; }
  int fd() const { return fd_.get(); }

 private:
  /// False when another process removed the new directory before it could be opened.
  bool create(const std::string& parent);

  std::string path_;
  pid_t owner_;
  UniqueFd fd_;
  int slot_ = -1;
};

/// Removes the TempDirs in `parent` that no process holds. Failing to do so is no error.
void remove_abandoned(const std::string& parent);

/// $TMPDIR, or /tmp; not asked for existence.
std::string temporary_directory();

/// Removes `name` under the directory `parent_fd` with everything in it, without following links
/// and at most 8 levels deep. Async-signal-safe. Returns 0 or an error number.
int remove_tree_at(int parent_fd, const char* name);

/// Makes SIGINT, SIGTERM and SIGHUP remove every live TempDir before they end the process as usual,
/// and turns SIGPIPE and SIGXFSZ into errors of the call that caused them. Called once, by `main`.
void install_signal_cleanup();

/// While one of these lives, the signals above wait: they act when the last one is gone.
class DeferSignals {
 public:
  DeferSignals();
  DeferSignals(const DeferSignals&) = delete;
  DeferSignals& operator=(const DeferSignals&) = delete;
  ~DeferSignals();

  /// Whether one of them waits: a long work should come to its end.
  static bool waiting();
};

}  // namespace vitgen
