#pragma once
// A world without compilers and clocks: what a candidate is follows from its text, so every search
// sees the same, however often it is interrupted.

#include <atomic>
#include <map>
#include <string>

#include "generators/base/sha256.h"
#include "tools/tune/search.h"

namespace vitgen {

/// 0 .. 2^28 - 1, by the text.
inline unsigned number_of(const std::string& text) {
  return static_cast<unsigned>(std::stoul(sha256_hex(text).substr(0, 7), nullptr, 16));
}

class FakeBackend final : public TuneBackend {
 public:
  /// Faults by the candidate's choice text; others are fine.
  std::map<std::string, TrialStatus> planted;
  std::map<std::string, double> seconds;  ///< of chosen candidates; others 1 ms to 2 ms
  /// After so many steps (compile, check, sample) the search is asked to stop; < 0: never.
  std::atomic<int> steps_left{-1};
  std::atomic<int> compiled{0}, checked{0}, timed{0};
  double clock_step = 0;  ///< seconds that each look at the clock takes

  StopRequest stop() {
    return [this] { return steps_left.load() == 0; };
  }

  CompileResult compile(const OpSpec& spec, const Choice& choice) override {
    step();
    ++compiled;
    CompileResult result;
    result.file.object = spec.text() + " " + choice.text();
    const TrialStatus* fault = fault_of(choice.text());
    result.good = fault == nullptr || *fault != TrialStatus::compile_failed;
    result.reason = result.good ? "" : "planted";
    result.facts.fmas = 8;
    result.facts.vector_bits = 512;
    result.facts.spills = fault != nullptr && *fault == TrialStatus::rejected_code ? 3 : 0;
    result.facts.flops_per_cycle =
        fault != nullptr && *fault == TrialStatus::rejected_mca ? 1.0 : 20.0;
    return result;
  }

  StepResult check(const OpSpec&, const KernelFile& file) override {
    step();
    ++checked;
    StepResult result;
    const TrialStatus* fault = fault_of(choice_in(file));
    result.good =
        fault == nullptr || !(*fault == TrialStatus::crashed || *fault == TrialStatus::timed_out ||
                              *fault == TrialStatus::wrong_result);
    if (!result.good) {
      result.status = *fault;
      result.reason = "planted";
    }
    return result;
  }

  std::unique_ptr<TimingSession> time(const OpSpec&, std::span<const KernelFile> files) override {
    return std::make_unique<Session>(*this, files);
  }

  double now() override { return clock_ += clock_step; }

  double seconds_of(const std::string& choice) const {
    const auto found = seconds.find(choice);
    if (found != seconds.end()) return found->second;
    return 1e-3 * (1 + number_of(choice) % 1000 / 1000.0);
  }

 private:
  class Session final : public TimingSession {
   public:
    Session(FakeBackend& world, std::span<const KernelFile> files)
        : world_(world), files_(files.begin(), files.end()) {}
    Sample sample(int number) override {
      world_.step();
      ++world_.timed;
      return {.seconds = world_.seconds_of(choice_in(files_.at(static_cast<std::size_t>(number))))};
    }

   private:
    FakeBackend& world_;
    std::vector<KernelFile> files_;
  };

  static std::string choice_in(const KernelFile& file) {
    return file.object.substr(file.object.find(' ') + 1);
  }

  const TrialStatus* fault_of(const std::string& choice) const {
    const auto found = planted.find(choice);
    return found == planted.end() ? nullptr : &found->second;
  }

  void step() {
    if (steps_left.load() > 0) --steps_left;
  }

  double clock_ = 0;
};

}  // namespace vitgen
