#include "tools/tune/trial_worker.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <cmath>
#include <csignal>
#include <istream>
#include <ostream>

#include "generators/base/file.h"
#include "generators/base/output_set.h"
#include "tools/tune/operand_memory.h"
#include "tools/tune/racing.h"
#include "tools/tune/sanitized.h"
#include "tools/tune/trial_request.h"
#include "tools/verify/reference/reference.h"

namespace vitgen {

namespace {

constexpr std::int64_t kReferenceSamples = 4096;  // of double-precision outputs, per placement
constexpr int kMostCalls = 100000;

void limit(decltype(RLIMIT_AS) what, std::uint64_t most) {
  if (most == 0) return;
  const rlimit value = {most, most};
  if (::setrlimit(what, &value) == 0) return;
  throw Error(ExitCode::internal, "TRIAL_LIMIT", "a limit of the process cannot be set");
}

// Ctrl-C and a hangup reach the whole group; only the parent knows what is to be kept.
void leave_signals_to_parent() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::signal(number, SIG_IGN);
}

void limit_process(const TrialRequest& request) {
  const rlimit no_core = {0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  if (!kSanitized) limit(RLIMIT_AS, request.memory_bytes);
  limit(RLIMIT_CPU, request.cpu_seconds);
}

OperandMemory run_once(const TrialRequest& request, LoadedKernels& kernels, Placement placement) {
  OperandMemory memory = fill_operands(operands(request.spec), request.seed, placement);
  kernels.call(0, memory.operands, memory.pointers());
  return memory;
}

// Why the bytes of one output are not `expected`.
std::string different_elements(const Operand& output, std::string_view got,
                               std::string_view expected) {
  const auto element = static_cast<std::size_t>(byte_size(output.dtype));
  std::size_t first = got.size(), count = 0;
  for (std::size_t at = 0; at < got.size(); at += element) {
    if (got.substr(at, element) == expected.substr(at, element)) continue;
    first = std::min(first, at);
    ++count;
  }
  const OperandData both({output, output}, {got.data(), expected.data()});
  const auto index = static_cast<std::int64_t>(first / element);
  return fmt::format("{} of {} elements differ from fallback, element {} is {} instead of {}",
                     count, got.size() / element, index, both.at(0, index), both.at(1, index));
}

// Why the outputs are not those of `fallback`; empty if they are.
std::string different_bits(const OperandMemory& memory, const std::string& expected) {
  const std::string got = memory.outputs();
  if (got == expected) return {};
  if (got.size() != expected.size()) return "an output of another size";
  std::size_t begin = 0;
  for (std::size_t o = first_output(memory.operands); o < memory.operands.size(); ++o) {
    const Operand& output = memory.operands[o];
    const auto bytes = static_cast<std::size_t>(output.bytes());
    const std::string_view own = std::string_view(got).substr(begin, bytes);
    const std::string_view wanted = std::string_view(expected).substr(begin, bytes);
    if (own != wanted) return different_elements(output, own, wanted);
    begin += bytes;
  }
  return {};
}

std::string outside_bound(const TrialRequest& request, const OperandMemory& memory) {
  std::vector<const void*> data;
  for (const void* each : memory.pointers()) data.push_back(each);
  const Comparison result = compare(request.spec, {memory.operands, data}, kReferenceSamples);
  if (result.failed == 0) return {};
  return fmt::format("{} of {} elements outside of their bound, element {} is {} instead of {}",
                     result.failed, result.checked, result.worst_index, result.worst_value,
                     result.worst_reference);
}

void check(const TrialRequest& request, std::ostream& out) {
  LoadedKernels kernels(request.threads);
  kernels.load(request.kernels.at(0));
  const bool bits = check_for(request.spec) == TuningCheck::bits;
  constexpr std::uint64_t kMostOutput = std::uint64_t{1} << 32;
  const std::string expected = bits ? read_whole(request.expected, kMostOutput) : "";
  for (const Placement placement : {Placement::guard_after, Placement::guard_before}) {
    const OperandMemory memory = run_once(request, kernels, placement);
    const std::string why =
        bits ? different_bits(memory, expected) : outside_bound(request, memory);
    if (why.empty()) continue;
    out << "wrong " << why << '\n';
    return;
  }
  out << "ok\n";
}

void reference_output(const TrialRequest& request, std::ostream& out) {
  LoadedKernels kernels(request.threads);
  kernels.load(request.kernels.at(0));
  const OperandMemory memory = run_once(request, kernels, Placement::guard_after);
  write_aside(request.expected, memory.outputs());
  out << "ok\n";
}

class Timing {
 public:
  explicit Timing(const TrialRequest& request)
      : kernels_(request.threads),
        memory_(fill_operands(operands(request.spec), request.seed, Placement::aligned)),
        rotated_(rotate_weights(memory_, request.rotate_bytes)),
        first_call_(request.kernels.size(), 0) {
    for (const KernelFile& kernel : request.kernels) kernels_.load(kernel);
  }

  // Seconds per call of a sample that is long enough to be timed.
  double sample(std::size_t kernel) {
    if (first_call_.at(kernel) <= 0) {
      calls(kernel, 1);  // touches pages and code
      first_call_[kernel] = std::max(calls(kernel, 1), 1e-9);
    }
    const double wanted = std::ceil(kSampleSeconds / first_call_[kernel]);
    return calls(kernel, static_cast<int>(std::clamp<double>(wanted, 1, kMostCalls)));
  }

 private:
  double calls(std::size_t kernel, int count) {
    // The next sets of weights in turn: what the last sample left in the caches is not used again.
    const std::size_t shift = next_ % rotated_.sets.size();
    std::ranges::rotate(rotated_.sets, rotated_.sets.begin() + static_cast<std::ptrdiff_t>(shift));
    next_ = static_cast<std::size_t>(count);
    return kernels_.time(kernel, memory_.operands, rotated_.sets, count);
  }

  LoadedKernels kernels_;
  OperandMemory memory_;
  RotatedWeights rotated_;
  std::vector<double> first_call_;  // seconds, by kernel
  std::size_t next_ = 0;            // calls since the sets were rotated
};

void time_on_demand(const TrialRequest& request, std::istream& in, std::ostream& out) {
  Timing timing(request);
  out << "ready\n" << std::flush;
  for (std::size_t kernel = 0; in >> kernel;) {
    out << fmt::format("{:.9e}\n", timing.sample(kernel)) << std::flush;
  }
}

}  // namespace

TrialTask parse_trial_task(const std::string& word) {
  if (word == "reference") return TrialTask::reference;
  if (word == "check") return TrialTask::check;
  if (word == "time") return TrialTask::time;
  throw Error(ExitCode::usage, "USAGE", "no such task: " + printable(word));
}

void run_trial_worker(TrialTask task, const std::string& request_file, std::istream& in,
                      std::ostream& out) try {
  leave_signals_to_parent();
  const TrialRequest request = TrialRequest::parse(request_file);
  limit_process(request);
  switch (task) {
    case TrialTask::reference:
      return reference_output(request, out);
    case TrialTask::check:
      return check(request, out);
    case TrialTask::time:
      return time_on_demand(request, in, out);
  }
} catch (const Error& error) {
  out << "error " << error.what() << '\n' << std::flush;
}

}  // namespace vitgen
