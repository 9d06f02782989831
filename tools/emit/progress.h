#pragma once
// What a long operation tells its caller while it runs, and the line on stderr that shows it.

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string_view>

namespace vitgen {

/// Receiver of progress. Calls come from one thread: `begin`, any number of `update`s with growing
/// `done`, `end`; then the next phase. `note` may come at any time.
class Progress {
 public:
  virtual ~Progress() = default;
  /// `total` counts what `update` reports: kernels, bytes, files. 0: not known.
  virtual void begin(std::string_view phase, std::uint64_t total) = 0;
  /// `item` is what is being worked on: a kernel's or a tensor's name; may be empty.
  virtual void update(std::uint64_t done, std::string_view item) = 0;
  virtual void end() = 0;
  /// One line that a person should see even when the operation succeeds.
  virtual void note(std::string_view message) = 0;
};

/// Shows nothing; notes included.
class SilentProgress final : public Progress {
 public:
  void begin(std::string_view, std::uint64_t) override {}
  void update(std::uint64_t, std::string_view) override {}
  void end() override {}
  void note(std::string_view) override {}
};

enum class ProgressStyle {
  silent,  ///< nothing at all
  plain,   ///< one line when a phase took over a second, one every 30 s, and notes
  bar,     ///< one line that is redrawn, with the time left
};

/// `bar` on a terminal that can redraw a line, else `plain`; `silent` if `quiet`.
ProgressStyle progress_style(std::FILE* stream, bool quiet);

/// Colour follows NO_COLOR; width follows the terminal, at most 100 columns.
std::unique_ptr<Progress> make_progress(std::FILE* stream, ProgressStyle style);

}  // namespace vitgen
