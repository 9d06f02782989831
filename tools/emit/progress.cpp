#include "tools/emit/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>

#include "generators/base/error.h"

namespace vitgen {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string duration_text(double seconds) {
  if (seconds < 60) return fmt::format("{:.0f} s", seconds);
  const int whole = static_cast<int>(seconds);
  return fmt::format("{} min {:02} s", whole / 60, whole % 60);
}

std::size_t terminal_columns(std::FILE* stream) {
  winsize size{};
  const bool known = ::ioctl(::fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col >= 20;
  return std::min<std::size_t>(known ? size.ws_col : 80, 100);
}

/// no-color.org: an empty value means nothing.
bool wants_colour() {
  const char* value = std::getenv("NO_COLOR");
  return value == nullptr || *value == '\0';
}

/// What both visible styles share: the phase, its clock and the notes.
class StreamProgress : public Progress {
 public:
  explicit StreamProgress(std::FILE* stream) : stream_(stream) {}

  void begin(std::string_view phase, std::uint64_t total) override {
    phase_ = phase;
    total_ = total;
    started_ = shown_ = Clock::now();
  }

 protected:
  void print(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stream_);
    std::fflush(stream_);
  }

  int percent(std::uint64_t done) const {
    return total_ == 0
               ? 0
               : static_cast<int>(100.0 * static_cast<double>(done) / static_cast<double>(total_));
  }

  std::FILE* stream_;
  std::string phase_;
  std::uint64_t total_ = 0;
  Clock::time_point started_;
  Clock::time_point shown_;
};

class PlainProgress final : public StreamProgress {
 public:
  using StreamProgress::StreamProgress;

  void update(std::uint64_t done, std::string_view) override {
    constexpr double kSilence = 30;  // seconds between lines: a log should stay readable
    if (seconds_since(shown_) < kSilence) return;
    shown_ = Clock::now();
    print(fmt::format("{}: {} % after {}\n", phase_, percent(done),
                      duration_text(seconds_since(started_))));
  }

  void end() override {
    const double seconds = seconds_since(started_);
    if (seconds >= 1) print(fmt::format("{}: done in {}\n", phase_, duration_text(seconds)));
  }

  void note(std::string_view message) override { print(fmt::format("note: {}\n", message)); }
};

class BarProgress final : public StreamProgress {
 public:
  explicit BarProgress(std::FILE* stream) : StreamProgress(stream), colour_(wants_colour()) {}
  ~BarProgress() override { erase(); }

  void begin(std::string_view phase, std::uint64_t total) override {
    StreamProgress::begin(phase, total);
    if (total > 1) update(0, {});
  }

  void update(std::uint64_t done, std::string_view item) override {
    constexpr double kFrame = 0.1;  // seconds: faster cannot be read
    if (visible_ && seconds_since(shown_) < kFrame) return;
    shown_ = Clock::now();
    visible_ = true;
    const std::string text = line(done, item);
    print(fmt::format("\r{}{}{}\033[K", colour_ ? "\033[36m" : "", text, colour_ ? "\033[0m" : ""));
  }

  void end() override { erase(); }

  void note(std::string_view message) override {
    erase();
    print(fmt::format("note: {}\n", message));
  }

 private:
  std::string line(std::uint64_t done, std::string_view item) const {
    std::string text = phase_;
    if (total_ != 0) {
      constexpr std::size_t kCells = 20;
      const std::size_t filled =
          std::min(kCells, kCells * static_cast<std::size_t>(percent(done)) / 100);
      text += fmt::format(" [{}{}] {:3} %", std::string(filled, '#'),
                          std::string(kCells - filled, '-'), percent(done));
    }
    const double seconds = seconds_since(started_);
    if (total_ != 0 && done != 0 && done < total_ && seconds >= 2) {
      const double left = seconds * static_cast<double>(total_ - done) / static_cast<double>(done);
      text += fmt::format(", {} left", duration_text(left));
    }
    if (!item.empty()) text += fmt::format("  {}", printable(item));
    const std::size_t columns = terminal_columns(stream_) - 1;
    return text.size() > columns ? text.substr(0, columns) : text;
  }

  void erase() {
    if (visible_) print("\r\033[K");
    visible_ = false;
  }

  bool colour_;
  bool visible_ = false;
};

}  // namespace

ProgressStyle progress_style(std::FILE* stream, bool quiet) {
  if (quiet) return ProgressStyle::silent;
  const char* terminal = std::getenv("TERM");
  const bool redraws = ::isatty(::fileno(stream)) != 0 && terminal != nullptr &&
                       std::string_view(terminal) != "dumb";
  return redraws ? ProgressStyle::bar : ProgressStyle::plain;
}

std::unique_ptr<Progress> make_progress(std::FILE* stream, ProgressStyle style) {
  switch (style) {
    case ProgressStyle::silent:
      return std::make_unique<SilentProgress>();
    case ProgressStyle::plain:
      return std::make_unique<PlainProgress>(stream);
    case ProgressStyle::bar:
      return std::make_unique<BarProgress>(stream);
  }
  return std::make_unique<SilentProgress>();
}

}  // namespace vitgen
