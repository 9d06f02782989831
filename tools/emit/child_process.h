#pragma once
// Programs that may crash, hang or fill the memory, run beside this one and ended when their time
// is over. They end with this program however it ends, even with the thread that started them: that
// thread must outlive them.

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "generators/base/unique_fd.h"

namespace vitgen {

/// Asked several times a second while a child runs; true: end it now.
using StopRequest = std::function<bool()>;

enum class ChildEnd {
  done,       ///< exit status 0
  failed,     ///< another exit status
  crashed,    ///< a signal that nobody here sent
  timed_out,  ///< ended because its time was over
  stopped     ///< ended because the StopRequest said so
};

struct ChildResult {
  ChildEnd end = ChildEnd::done;
  int code = 0;        ///< exit status or signal
  std::string output;  ///< stdout and stderr, at most 64 KiB
};

struct ChildLimits {
  std::uint64_t memory_bytes = 0;  ///< address space; 0: no limit
  std::uint64_t cpu_seconds = 0;   ///< 0: no limit
};

/// Runs `arguments` (the first is a path) to its end, at most `seconds`. Its stdin is empty. Throws
/// resources SPAWN.
ChildResult run_child(const std::vector<std::string>& arguments, double seconds,
                      const StopRequest& stop, const ChildLimits& limits = {});

/// A child that answers lines with lines. Its stderr is not read.
class ChildSession {
 public:
  /// Throws resources SPAWN.
  explicit ChildSession(const std::vector<std::string>& arguments);
  ~ChildSession();  ///< ends the child
  ChildSession(const ChildSession&) = delete;
  ChildSession& operator=(const ChildSession&) = delete;

  /// Writes `line` unless it is empty and waits for one line. Empty if the child ended or was ended
  /// first: then `end()` tells how, and nothing can be asked any more.
  std::optional<std::string> ask(std::string_view line, double seconds, const StopRequest& stop);

  const ChildResult& end() const { return result_; }

 private:
  void finish(ChildEnd why);

  pid_t child_ = -1;
  UniqueFd to_, from_;
  std::string pending_;
  ChildResult result_;
};

/// "signal 11 (Segmentation fault)", "exit status 3": how a child ended, for people.
std::string describe(const ChildResult& result);

}  // namespace vitgen
