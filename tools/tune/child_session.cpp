#include "tools/tune/child_session.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "generators/base/error.h"

namespace vitgen {

namespace {

class ChildTimingSession final : public TimingSession {
 public:
  ChildTimingSession(std::vector<std::string> command, double patience, const StopRequest& stop)
      : command_(std::move(command)), patience_(patience), stop_(stop) {}

  Sample sample_within(int number, double seconds) override {
    if (!child_) start();
    if (child_) {
      const auto answer = child_->ask(std::to_string(number), std::min(patience_, seconds), stop_);
      if (answer) {
        const Sample sample = parse(*answer);
        if (!sample.seconds) child_.reset();  // nobody knows what state it is in
        return sample;
      }
    }
    Sample sample{.seconds = {}, .reason = describe(ended_ ? *ended_ : child_->end())};
    const bool late = child_ && child_->end().end == ChildEnd::timed_out;
    sample.interrupted = late && seconds < patience_;
    sample.timed_out = late && !sample.interrupted;
    child_.reset();  // the others are timed by a new one
    return sample;
  }

 private:
  void start() {
    ended_.reset();
    child_ = std::make_unique<ChildSession>(command_);
    const auto ready = child_->ask("", patience_, stop_);
    if (ready && *ready == "ready") return;
    ended_ = child_->end();
    child_.reset();
  }

  static Sample parse(const std::string& answer) {
    double seconds = 0;
    const auto end = answer.data() + answer.size();
    const auto parsed = std::from_chars(answer.data(), end, seconds);
    if (parsed.ec == std::errc() && parsed.ptr == end && seconds > 0) return {.seconds = seconds};
    return {
        .seconds = {}, .interrupted = answer.starts_with(kFullAnswer), .reason = printable(answer)};
  }

  std::vector<std::string> command_;
  double patience_;
  const StopRequest& stop_;
  std::unique_ptr<ChildSession> child_;
  std::optional<ChildResult> ended_;  // before it was ready
};

}  // namespace

std::unique_ptr<TimingSession> child_session(std::vector<std::string> command, double patience,
                                             const StopRequest& stop) {
  return std::make_unique<ChildTimingSession>(std::move(command), patience, stop);
}

}  // namespace vitgen
