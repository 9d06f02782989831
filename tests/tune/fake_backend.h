#pragma once
// A world without compilers and clocks: what a candidate is follows from its text, so every search
// sees the same, however often it is interrupted.

#include <atomic>
#include <limits>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

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
  std::map<std::string, double> seconds;    ///< of chosen candidates; others 1 ms to 2 ms
  std::string races;                        ///< the candidate that is wrong with threads
  std::map<std::string, int> samples_left;  ///< of candidates that crash after so many
  /// After so many steps (compile, check, sample) the search is asked to stop; < 0: never.
  std::atomic<int> steps_left{-1};
  std::atomic<int> compiled{0}, timed{0};
  std::atomic<int> checked{0};  ///< with one thread
  /// Of each: samples that were timed before it and the clock.
  std::vector<std::pair<int, double>> compilations;
  double clock_step = 0;      ///< seconds that each look at the clock takes
  double compile_time = 0;    ///< that each takes of the clock
  bool samples_take = false;  ///< their time, of the clock
  double slower_from = std::numeric_limits<double>::infinity();  ///< everything, by half

  StopRequest stop() {
    return [this] { return steps_left.load() == 0; };
  }

  CompileResult compile(const OpSpec& spec, const Choice& choice) override {
    step();
    ++compiled;
    {
      const std::lock_guard lock(mutex_);
      compilations.emplace_back(timed.load(), clock_.load());
    }
    clock_ = clock_ + compile_time;
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

  StepResult check_with(const OpSpec&, const KernelFile& file, int threads) override {
    if (threads > 1 && choice_in(file) == races) {
      StepResult wrong;
      wrong.status = TrialStatus::wrong_result;
      wrong.reason = "planted";
      return wrong;
    }
    step();
    checked += threads == 1;
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

  double now() override { return clock_ = clock_ + clock_step; }

  double seconds_of(const std::string& choice) const {
    return usual_seconds_of(choice) * (clock_ >= slower_from ? 1.5 : 1);
  }

  double usual_seconds_of(const std::string& choice) const {
    const auto found = seconds.find(choice);
    if (found != seconds.end()) return found->second;
    return 1e-3 * (1 + number_of(choice) % 1000 / 1000.0);
  }

 private:
  class Session final : public TimingSession {
   public:
    Session(FakeBackend& world, std::span<const KernelFile> files)
        : world_(world), files_(files.begin(), files.end()) {}
    Sample sample_within(int number, double limit) override {
      world_.step();
      ++world_.timed;
      const std::string choice = choice_in(files_.at(static_cast<std::size_t>(number)));
      const auto doomed = world_.samples_left.find(choice);
      if (doomed != world_.samples_left.end() && doomed->second-- <= 0) {
        return {.reason = "planted"};
      }
      const double took = world_.seconds_of(choice);
      if (world_.samples_take) world_.clock_ = world_.clock_ + std::min(took, limit);
      if (took > limit) return {.interrupted = true};
      return {.seconds = took};
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

  std::atomic<double> clock_{0};
  std::mutex mutex_;
};

}  // namespace vitgen
