#include "tools/tune/child_backend.h"

#include <fmt/format.h>

#include <chrono>

#include "generators/base/output_set.h"
#include "schedules/fallback.h"
#include "tools/emit/kernel_farm.h"
#include "tools/emit/kernel_record.h"
#include "tools/tune/child_session.h"
#include "tools/tune/sanitized.h"

namespace vitgen {

namespace fs = std::filesystem;

namespace {

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::uint64_t operand_bytes(const OpSpec& spec) {
  std::uint64_t bytes = 0;
  for (const Operand& each : operands(spec)) bytes += static_cast<std::uint64_t>(each.bytes());
  return bytes;
}

// Most kernels take a few hundred megabytes; what takes this much would drive the others into swap.
ChildLimits compile_limits(const ChildBackendOptions& options) {
  constexpr std::uint64_t kCompileMemory = std::uint64_t{8} << 30;
  return {.memory_bytes = kSanitized ? 0 : kCompileMemory,
          .cpu_seconds = static_cast<std::uint64_t>(4 * options.compile_seconds) + 1};
}

std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
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

// A child's words: "ok", "wrong ...", "error ...", "full ...". What asks this program to stop
// reaches its children too: an early end then says nothing of the candidate.
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
  if (answer.starts_with(kFullAnswer)) return interrupted<StepResult>();
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

StepResult step_of(const StepResult& step) { return step; }

/// One of the places for children that run candidates, as long as it lives.
class Place {
 public:
  explicit Place(std::counting_semaphore<>* places) : places_(places) {
    if (places_ != nullptr) places_->acquire();
  }
  ~Place() {
    if (places_ != nullptr) places_->release();
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  std::counting_semaphore<>* places_;
};

}  // namespace

ChildBackend::ChildBackend(ChildBackendOptions options, ChildKind kind)
    : options_(std::move(options)),
      kind_(std::move(kind)),
      scratch_(temporary_directory()),
      compiled_(opened(options_.cache)),
      start_(seconds_now()) {
  if (kind_.children > 0) {
    places_ = std::make_unique<std::counting_semaphore<>>(kind_.children);
  }
}

std::string ChildBackend::next_file(const TempDir& folder, std::string_view stem) {
  const std::lock_guard lock(mutex_);
  return (fs::path(folder.path()) / fmt::format("{}{}", stem, files_++)).string();
}

double ChildBackend::now() { return seconds_now() - start_; }

double ChildBackend::patience(const OpSpec& spec) const {
  return options_.patience_seconds + flops(spec) / kind_.flops_per_second;
}

TrialRequest ChildBackend::request_for(const OpSpec& spec,
                                       std::span<const KernelFile> files) const {
  const std::uint64_t operands = 6 * operand_bytes(spec) + 2 * options_.rotate_bytes;
  return {.spec = spec,
          .kernels = {files.begin(), files.end()},
          .on_device = kind_.on_device,
          .seed = options_.seed,
          .memory_bytes = kind_.memory_bytes == 0 ? 0 : kind_.memory_bytes + operands,
          .cpu_seconds = static_cast<std::uint64_t>(4 * patience(spec))};
}

CompileResult ChildBackend::compile(const OpSpec& spec, const Choice& choice) {
  const KernelRequest request{.spec = spec,
                              .machine = std::string(options_.machine->name),
                              .choice = choice,
                              .features = {},
                              .instructions = {},
                              .assembler = kind_.assembler.version};
  const fs::path object = options_.cache / (request.cache_key() + ".o");
  auto record = read_record(object);
  if (!record) {
    const std::string aside = next_file(compiled_, "kernel");
    const std::string file = aside + ".request";
    write_aside(file, request.text());
    std::vector<std::string> command = {options_.worker.string(), "kernel-worker", file, aside};
    if (!request.assembler.empty()) command.push_back(kind_.assembler.path);
    const ChildResult child =
        run_child(command, options_.compile_seconds, options_.stop, compile_limits(options_));
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
  result.facts = kind_.facts(object.string());
  return result;
}

StepResult ChildBackend::run_trial(std::string_view task, const TrialRequest& request) {
  const std::string file = next_file(scratch_, task);
  write_aside(file, request.text());
  const Place place(places_.get());
  return judge(run_child({options_.worker.string(), "trial-worker", std::string(task), file},
                         patience(request.spec), options_.stop),
               options_.stop);
}

// A GPU's fallback may run on a single thread, for a minute: there the default stands in for it.
ChildBackend::Expected ChildBackend::run_for_output(const OpSpec& spec) {
  const CompileResult compiled =
      compile(spec, kind_.on_device ? choose_default(spec, *options_.machine)
                                    : Choice{std::string(kFallback), {}});
  if (!compiled.good) return {.step = step_of(compiled), .file = {}};
  Expected expected{.step = {}, .file = next_file(scratch_, "output")};
  TrialRequest request = request_for(spec, std::span(&compiled.file, 1));
  request.expected = expected.file;
  expected.step = run_trial("reference", request);
  return expected;
}

std::shared_future<ChildBackend::Expected> ChildBackend::expected_output(const OpSpec& spec) {
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
    promise.set_value(run_for_output(spec));
  } catch (...) {
    promise.set_exception(std::current_exception());
  }
  return future;
}

StepResult ChildBackend::check_with(const OpSpec& spec, const KernelFile& file, int threads) {
  TrialRequest request = request_for(spec, std::span(&file, 1));
  (kind_.on_device ? request.runs : request.threads) = threads;
  if (has_one_order(spec) || kind_.on_device) {
    const Expected expected = expected_output(spec).get();
    if (expected.step.good) {
      request.expected = expected.file;
    } else if (expected.step.interrupted || !kind_.on_device) {
      StepResult result = expected.step;
      result.reason = "fallback cannot be run: " + result.reason;
      return result;
    }
  }
  return run_trial("check", request);
}

std::unique_ptr<TimingSession> ChildBackend::time(const OpSpec& spec,
                                                  std::span<const KernelFile> files) {
  TrialRequest request = request_for(spec, files);
  request.threads = options_.threads;
  request.rotate_bytes = options_.rotate_bytes;
  request.cpu_seconds = 0;  // it serves many samples; each has its own patience
  const std::string path = next_file(scratch_, "time");
  write_aside(path, request.text());
  return child_session({options_.worker.string(), "trial-worker", "time", path}, patience(spec),
                       options_.stop);
}

}  // namespace vitgen
