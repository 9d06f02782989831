#include "tools/tune/trial_worker.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <csignal>
#include <istream>
#include <ostream>

#include "generators/base/file.h"
#include "generators/base/output_set.h"
#include "tools/tune/child_session.h"
#include "tools/tune/sanitized.h"
#include "tools/tune/trial_runner.h"
#include "tools/verify/reference/reference.h"

namespace vitgen {

namespace {

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

// The elements of the outputs, one output after the other, whose bits are not the expected ones.
std::vector<std::int64_t> differences(const OperandMemory& memory, std::string_view expected) {
  const std::string got = memory.outputs();
  if (got.size() != expected.size()) {
    throw Error(ExitCode::internal, "TRIAL_EXPECTED", "the expected output has another size");
  }
  std::vector<std::int64_t> indices;
  if (got == expected) return indices;
  const std::string_view now = got;
  std::int64_t index = 0;
  std::size_t at = 0;
  for (std::size_t o = first_output(memory.operands); o < memory.operands.size(); ++o) {
    const auto element = static_cast<std::size_t>(byte_size(memory.operands[o].dtype));
    const std::int64_t end = index + memory.operands[o].elements();
    for (; index < end; ++index, at += element) {
      if (now.substr(at, element) != expected.substr(at, element)) indices.push_back(index);
    }
  }
  return indices;
}

OperandData operand_data(const OperandMemory& memory) {
  std::vector<const void*> data;
  for (const void* each : memory.pointers()) data.push_back(each);
  return {memory.operands, data};
}

std::string different_bits(const OperandMemory& memory, std::string_view expected) {
  const std::vector<std::int64_t> different = differences(memory, expected);
  if (different.empty()) return {};
  const OperandData got = operand_data(memory);
  const OutputElement at = got.output_element(different.front());
  std::int64_t all = 0;
  std::size_t begin = 0;  // of the bytes that are expected of the element's output
  for (std::size_t o = got.first_output(); o < got.size(); ++o) {
    all += got.operand(o).elements();
    if (o < at.operand) begin += static_cast<std::size_t>(got.operand(o).bytes());
  }
  const OperandData wanted({got.operand(at.operand)}, {expected.data() + begin});
  return fmt::format("{} of {} elements differ from fallback, element {} is {} instead of {}",
                     different.size(), all, different.front(), got.at(at.operand, at.index),
                     wanted.at(0, at.index));
}

std::string outside_bound(const Comparison& result) {
  if (result.failed == 0) return {};
  return fmt::format("{} of {} elements outside of their bound, element {} is {} instead of {}",
                     result.failed, result.checked, result.worst_index, result.worst_value,
                     result.worst_reference);
}

// No more than are looked at anyway, from everywhere.
void thin_out(std::vector<std::int64_t>& indices) {
  const auto count = std::ssize(indices);
  if (count <= kReferenceSamples) return;
  for (std::int64_t i = 0; i < kReferenceSamples; ++i) {
    indices[static_cast<std::size_t>(i)] =
        indices[static_cast<std::size_t>(i * count / kReferenceSamples)];
  }
  indices.resize(kReferenceSamples);
}

// Samples, and where it is known what another schedule gives, what differs from that: so a single
// wrong element is found, and of many at least some.
std::string outside_bound(const TrialRequest& request, const OperandMemory& memory,
                          std::string_view expected) {
  const OperandData data = operand_data(memory);
  std::string why = outside_bound(compare(request.spec, data, kReferenceSamples));
  if (!why.empty() || expected.empty()) return why;
  std::vector<std::int64_t> indices = differences(memory, expected);
  thin_out(indices);
  return outside_bound(compare_at(request.spec, data, indices));
}

bool is_by_bits(const TrialRequest& request) {
  return check_for(request.spec, request.on_device) == TuningCheck::bits;
}

// Why the call's result cannot be used; empty if it can. Operands are the same each time, so of
// later calls the `first` one's bits are expected.
std::string fault_of(const TrialRequest& request, const TrialRun& run, std::string_view expected,
                     std::string& first) {
  if (!run.fault.empty()) return run.fault;
  const std::string output = run.memory->outputs();
  if (!first.empty()) {
    return first == output ? "" : "the same operands do not give the same bits again";
  }
  first = output;
  return is_by_bits(request) ? different_bits(*run.memory, expected)
                             : outside_bound(request, *run.memory, expected);
}

void check(const TrialRequest& request, TrialRunner& runner, std::ostream& out) {
  constexpr std::uint64_t kMostOutput = std::uint64_t{1} << 32;
  const std::string expected =
      request.expected.empty() ? "" : read_whole(request.expected, kMostOutput);
  std::string first;
  for (int number = 0; number < runner.runs(); ++number) {
    const std::string why = fault_of(request, runner.run(number), expected, first);
    if (why.empty()) continue;
    out << "wrong " << why << '\n';
    return;
  }
  out << "ok\n";
}

void reference_output(const TrialRequest& request, TrialRunner& runner, std::ostream& out) {
  const TrialRun run = runner.run(0);
  if (!run.fault.empty()) {
    out << "wrong " << run.fault << '\n';
    return;
  }
  write_aside(request.expected, run.memory->outputs());
  out << "ok\n";
}

void time_on_demand(TrialRunner& runner, std::istream& in, std::ostream& out) {
  out << "ready\n" << std::flush;
  for (std::size_t kernel = 0; in >> kernel;) {
    out << fmt::format("{:.9e}\n", runner.sample(kernel)) << std::flush;
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
  const auto runner = request.on_device ? device_runner(request) : host_runner(request);
  switch (task) {
    case TrialTask::reference:
      return reference_output(request, *runner, out);
    case TrialTask::check:
      return check(request, *runner, out);
    case TrialTask::time:
      return time_on_demand(*runner, in, out);
  }
} catch (const Error& error) {
  out << (error.code() == "GPU_MEMORY" ? kFullAnswer : "error ") << error.what() << '\n'
      << std::flush;
}

}  // namespace vitgen
