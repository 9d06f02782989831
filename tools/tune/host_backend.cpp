#include "tools/tune/host_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>

#include "generators/base/file.h"
#include "generators/base/output_set.h"
#include "schedules/fallback.h"
#include "tools/emit/kernel_farm.h"
#include "tools/emit/kernel_record.h"
#include "tools/tune/sanitized.h"
#include "tools/tune/trial_request.h"

namespace vitgen {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMostObject = std::uint64_t{64} << 20;
// The program with LLVM and Halide maps half a gigabyte.
constexpr std::uint64_t kOwnMemory = std::uint64_t{3} << 30;

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Fallback reaches a tenth of this and a busy machine halves it; what takes longer hangs.
double patience(const OpSpec& spec, const HostBackendOptions& options) {
  constexpr double kFlopsPerSecond = 1e8;
  return options.patience_seconds + flops(spec) / kFlopsPerSecond;
}

std::uint64_t operand_bytes(const OpSpec& spec) {
  std::uint64_t bytes = 0;
  for (const Operand& each : operands(spec)) bytes += static_cast<std::uint64_t>(each.bytes());
  return bytes;
}

// Most kernels take a few hundred megabytes; what takes this much would drive the others into swap.
ChildLimits compile_limits(const HostBackendOptions& options) {
  constexpr std::uint64_t kCompileMemory = std::uint64_t{8} << 30;
  return {.memory_bytes = kSanitized ? 0 : kCompileMemory,
          .cpu_seconds = static_cast<std::uint64_t>(4 * options.compile_seconds) + 1};
}

std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

TrialRequest request_for(const OpSpec& spec, std::span<const KernelFile> files,
                         const HostBackendOptions& options) {
  const double seconds = patience(spec, options);
  return {.spec = spec,
          .kernels = {files.begin(), files.end()},
          .seed = options.seed,
          .memory_bytes = kOwnMemory + 6 * operand_bytes(spec) + 2 * options.rotate_bytes,
          .cpu_seconds = static_cast<std::uint64_t>(4 * seconds)};
}

template <class Result>
Result failed(TrialStatus status, std::string reason) {
  Result result;
  result.status = status;
  result.reason = std::move(reason);
  return result;
}

template <class Result>
Result interrupted() {
  Result result;
  result.interrupted = true;
  return result;
}

// A child's words: "ok", "wrong ...", "error ...". What asks this program to stop reaches its
// children too: an early end then says nothing of the candidate.
StepResult judge(const ChildResult& child, const StopRequest& stop) {
  if (child.end == ChildEnd::stopped || (child.end != ChildEnd::done && stop())) {
    return interrupted<StepResult>();
  }
  if (child.end == ChildEnd::timed_out) {
    return failed<StepResult>(TrialStatus::timed_out, describe(child));
  }
  if (child.end != ChildEnd::done) {
    return failed<StepResult>(TrialStatus::crashed, describe(child));
  }
  const std::string answer = last_line(child.output);
  if (answer == "ok") {
    StepResult good;
    good.good = true;
    return good;
  }
  constexpr std::string_view kWrong = "wrong ";
  if (answer.starts_with(kWrong)) {
    return failed<StepResult>(TrialStatus::wrong_result, answer.substr(kWrong.size()));
  }
  return failed<StepResult>(TrialStatus::crashed, answer.empty() ? "said nothing" : answer);
}

std::string opened(const fs::path& cache) {
  open_cache(cache);
  return cache.string();
}

class HostSession final : public TimingSession {
 public:
  HostSession(std::vector<std::string> command, double patience, const StopRequest& stop)
      : command_(std::move(command)), patience_(patience), stop_(stop) {}

  Sample sample_within(int number, double seconds) override {
    if (!child_) start();
    if (child_) {
      const auto answer = child_->ask(std::to_string(number), std::min(patience_, seconds), stop_);
      if (answer) return parse(*answer);
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
    return {.seconds = {}, .reason = printable(answer)};
  }

  std::vector<std::string> command_;
  double patience_;
  const StopRequest& stop_;
  std::unique_ptr<ChildSession> child_;
  std::optional<ChildResult> ended_;  // before it was ready
};

}  // namespace

HostBackend::HostBackend(HostBackendOptions options)
    : options_(std::move(options)),
      scratch_(temporary_directory()),
      compiled_(opened(options_.cache)),
      start_(seconds_now()) {}

std::string HostBackend::next_file(const TempDir& folder, std::string_view stem) {
  const std::lock_guard lock(mutex_);
  return (fs::path(folder.path()) / fmt::format("{}{}", stem, files_++)).string();
}

double HostBackend::now() { return seconds_now() - start_; }

CompileResult HostBackend::compile(const OpSpec& spec, const Choice& choice) {
  const KernelRequest request{.spec = spec,
                              .machine = std::string(options_.machine->name),
                              .choice = choice,
                              .features = {},
                              .instructions = {}};
  const fs::path object = options_.cache / (request.cache_key() + ".o");
  auto record = read_record(object);
  if (!record) {
    const std::string aside = next_file(compiled_, "kernel");
    const std::string file = aside + ".request";
    write_aside(file, request.text());
    const ChildResult child =
        run_child({options_.worker.string(), "kernel-worker", file, aside},
                  options_.compile_seconds, options_.stop, compile_limits(options_));
    // Ctrl-C reaches the children first.
    if (child.end == ChildEnd::stopped || (child.end != ChildEnd::done && options_.stop())) {
      return interrupted<CompileResult>();
    }
    if (child.end == ChildEnd::done) publish_kernel(aside, object);
    record = read_record(object);
    if (child.end != ChildEnd::done || !record) {
      const std::string words =
          child.end == ChildEnd::failed ? last_line(child.output) : describe(child);
      return failed<CompileResult>(TrialStatus::compile_failed, words);
    }
  }
  CompileResult result;
  result.good = true;
  result.file = {.object = object.string(),
                 .shared_scratch = record->shared_scratch,
                 .task_scratch = record->task_scratch};
  result.facts = code_facts(read_whole(object.string(), kMostObject), options_.cpu);
  return result;
}

HostBackend::Expected HostBackend::run_fallback(const OpSpec& spec, const std::string& file) {
  const CompileResult compiled = compile(spec, {std::string(kFallback), {}});
  Expected expected;
  static_cast<StepResult&>(expected) = compiled;
  expected.file = file + ".output";
  if (!compiled.good) return expected;
  TrialRequest request = request_for(spec, std::span(&compiled.file, 1), options_);
  request.expected = expected.file;
  write_aside(file, request.text());
  static_cast<StepResult&>(expected) =
      judge(run_child({options_.worker.string(), "trial-worker", "reference", file},
                      patience(spec, options_), options_.stop),
            options_.stop);
  return expected;
}

std::shared_future<HostBackend::Expected> HostBackend::expected_output(const OpSpec& spec) {
  std::promise<Expected> promise;
  std::shared_future<Expected> future;
  {
    const std::lock_guard lock(mutex_);
    const auto known = expected_.find(spec.text());
    if (known != expected_.end()) return known->second;
    future = promise.get_future().share();
    expected_.emplace(spec.text(), future);
  }
  try {
    promise.set_value(run_fallback(spec, next_file(scratch_, "fallback")));
  } catch (...) {
    promise.set_exception(std::current_exception());
  }
  return future;
}

StepResult HostBackend::check_with(const OpSpec& spec, const KernelFile& file, int threads) {
  TrialRequest request = request_for(spec, std::span(&file, 1), options_);
  request.threads = threads;
  if (check_for(spec) == TuningCheck::bits) {
    const Expected expected = expected_output(spec).get();
    if (!expected.good) {
      StepResult result = expected;
      result.reason = "fallback cannot be run: " + expected.reason;
      return result;
    }
    request.expected = expected.file;
  }
  const std::string path = next_file(scratch_, "check");
  write_aside(path, request.text());
  return judge(run_child({options_.worker.string(), "trial-worker", "check", path},
                         patience(spec, options_), options_.stop),
               options_.stop);
}

std::unique_ptr<TimingSession> HostBackend::time(const OpSpec& spec,
                                                 std::span<const KernelFile> files) {
  TrialRequest request = request_for(spec, files, options_);
  request.threads = options_.threads;
  request.rotate_bytes = options_.rotate_bytes;
  request.cpu_seconds = 0;  // it serves many samples; each has its own patience
  const std::string path = next_file(scratch_, "time");
  write_aside(path, request.text());
  return std::make_unique<HostSession>(
      std::vector<std::string>{options_.worker.string(), "trial-worker", "time", path},
      patience(spec, options_), options_.stop);
}

}  // namespace vitgen
