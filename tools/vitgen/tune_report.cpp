#include "tools/vitgen/tune_report.h"

#include <fmt/format.h>

#include <array>

#include "generators/base/counted.h"
#include "generators/ops/support/ops_table.h"
#include "tools/emit/kernel.h"
#include "tools/measure/machine_notes.h"

namespace vitgen {

namespace {

std::string time_text(double seconds) {
  constexpr double kShort = 1e-4;
  return seconds < kShort ? fmt::format("{:8.2f} us", seconds * 1e6)
                          : fmt::format("{:8.3f} ms", seconds * 1e3);
}

// An op that only copies has operations on paper, so its rate may pass the peak: then it says
// nothing.
std::string rate_text(const OpSpec& spec, double seconds, double peak) {
  if (seconds <= 0) return "";
  const double rate = gflops(spec, seconds);
  if (peak > 0 && rate > peak) return time_text(seconds);
  const std::string share = peak > 0 ? fmt::format(" {:3.0f} % of peak", 100 * rate / peak) : "";
  constexpr double kMany = 1e4;
  const std::string speed =
      rate < kMany ? fmt::format("{:7.2f} GF/s", rate) : fmt::format("{:7.2f} TF/s", 1e-3 * rate);
  return fmt::format("{} {}{}", time_text(seconds), speed, share);
}

// Of what stays because it met no other: why there was none.
std::string unrivalled_text(const KernelResult& kernel) {
  int others = 0, open = 0, timed = 0;
  for (const Candidate& each : kernel.candidates) {
    if (each.choice == kernel.before) continue;
    ++others;
    open += !each.decided;
    timed += each.decided && each.status == TrialStatus::measured;
  }
  if (timed > 0) return "nothing is faster";
  if (others == 0) return "nothing else was timed: there is no other schedule";
  if (open == 0) return "nothing else was timed: all others were left out or failed";
  return fmt::format("nothing else was timed to its end: {} not reached in time",
                     open == 1 ? "1 other was" : fmt::format("{} others were", open));
}

std::string verdict_text(const KernelResult& kernel) {
  switch (kernel.verdict) {
    case Verdict::improved:
      return fmt::format("{:.3f} of the time ({:.3f} to {:.3f})", kernel.ratio.value,
                         kernel.ratio.low, kernel.ratio.high);
    case Verdict::kept:
      if (kernel.ratio == Interval{1, 1, 1}) return unrivalled_text(kernel);
      return fmt::format("the fastest other takes {:.3f} of the time ({:.3f} to {:.3f}): kept",
                         kernel.ratio.value, kernel.ratio.low, kernel.ratio.high);
    case Verdict::replaced:
      return "what was there before fails its check, so this replaces it: " + kernel.before_fault;
    case Verdict::unfinished:
      return "interrupted";
    case Verdict::untuned:
      break;
  }
  if (!kernel.before_fault.empty()) return "fails its check: " + kernel.before_fault;
  return kernel.complete ? "nothing left to try" : "not timed";
}

// Not timed now, but by an earlier search.
bool is_by_record(const KernelResult& kernel) {
  return kernel.before_seconds <= 0 && kernel.recorded_seconds > 0 && kernel.before_fault.empty() &&
         kernel.verdict != Verdict::replaced;
}

// The calls of all kernels in one run, as far as times are known.
std::string sums_text(const std::vector<KernelResult>& results) {
  double before = 0, now = 0;
  std::size_t recorded = 0, unknown = 0;
  for (const KernelResult& each : results) {
    const bool by_record = is_by_record(each);
    const double seconds = by_record ? each.recorded_seconds : each.before_seconds;
    recorded += by_record;
    unknown += seconds <= 0;
    if (seconds <= 0) continue;  // no comparison
    before += each.kernel.calls * seconds;
    now += each.kernel.calls * (each.now_seconds > 0 ? each.now_seconds : seconds);
  }
  if (before <= 0) return {};
  std::string text = fmt::format("; their calls in one run: {:.3f} ms before, {:.3f} ms now",
                                 before * 1e3, now * 1e3);
  if (recorded > 0) {
    text += fmt::format(", of {} by an earlier search's record", counted(recorded, "kernel"));
  }
  if (unknown > 0) text += fmt::format(", without {} of unknown time", counted(unknown, "kernel"));
  return text;
}

std::string kernel_text(const KernelResult& kernel, double peak) {
  const OpSpec& spec = kernel.kernel.spec;
  std::string text = fmt::format("{}, {}: {}\n", tune_name(spec),
                                 counted(kernel.kernel.calls, "call"), tally(kernel));
  const auto line = [&](std::string_view word, const Choice& choice, double seconds) {
    text += fmt::format("  {:<6} {:<50} {}\n", word, choice.text(), rate_text(spec, seconds, peak));
  };
  const bool by_record = is_by_record(kernel);
  line("before", kernel.before, by_record ? kernel.recorded_seconds : kernel.before_seconds);
  if (by_record) text.insert(text.size() - 1, ", as recorded");
  if (kernel.now != kernel.before) line("now", kernel.now, kernel.now_seconds);
  return text + "  " + verdict_text(kernel) + "\n";
}

std::string_view phase_word(TuneProgress::Phase phase) {
  switch (phase) {
    case TuneProgress::Phase::compile:
      return "compile";
    case TuneProgress::Phase::check:
      return "check";
    case TuneProgress::Phase::time:
      break;
  }
  return "time";
}

}  // namespace

std::string tune_name(const OpSpec& spec) { return kernel_name(spec); }

double gflops(const OpSpec& spec, double seconds) { return flops(spec) / seconds * 1e-9; }

std::string tally(const KernelResult& kernel) {
  constexpr std::array<std::pair<TrialStatus, std::string_view>, 8> kWords = {{
      {TrialStatus::measured, "timed"},
      {TrialStatus::rejected_model, "left out by the model"},
      {TrialStatus::rejected_code, "by their code"},
      {TrialStatus::rejected_mca, "by MCA"},
      {TrialStatus::compile_failed, "did not compile"},
      {TrialStatus::crashed, "crashed"},
      {TrialStatus::timed_out, "hung"},
      {TrialStatus::wrong_result, "wrong"},
  }};
  std::string text;
  int open = 0;
  for (const Candidate& each : kernel.candidates) open += !each.decided;
  const auto add = [&](int count, std::string_view word) {
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, word);
  };
  for (const auto& [status, word] : kWords) {
    int count = 0;
    for (const Candidate& each : kernel.candidates) count += each.decided && each.status == status;
    add(count, word);
  }
  add(open, "not reached");
  return text.empty() ? "nothing to choose from" : text;
}

std::string tune_table(const std::vector<KernelResult>& results, double peak) {
  std::string text;
  int improved = 0, replaced = 0;
  for (const KernelResult& each : results) {
    text += kernel_text(each, peak);
    improved += each.verdict == Verdict::improved;
    replaced += each.verdict == Verdict::replaced;
  }
  text += fmt::format("{} of {} improved", improved, counted(results.size(), "kernel"));
  if (replaced > 0) text += fmt::format(", {} replaced because they failed", replaced);
  return text + sums_text(results) + "\n";
}

std::string busy_at_start(int cpus, double share) {
  if (share > kBusyShare) return {};
  return busy_note(fmt::format("{} got {:.0f} % of the time of {}", counted(cpus, "thread"),
                               100 * share, counted(cpus, "CPU")),
                   "give it to the tuner alone, or small differences are not found");
}

std::string busy_at_end(const std::vector<KernelResult>& results) {
  std::vector<double> spreads;
  for (const KernelResult& each : results) {
    if (each.spread > 0) spreads.push_back(each.spread);
  }
  if (spreads.empty() || median(spreads) <= kBusySpread) return {};
  return busy_note(fmt::format("half of the confirming calls of a usual kernel lie {:.0f} % apart",
                               100 * median(spreads)),
                   "small differences were not found; tune again when it is idle");
}

std::string dry_run_table(const std::vector<KernelResult>& plan) {
  std::string text = fmt::format("{:<56} {:>5} {:>9} {:>7} {:>9}\n", "kernel", "calls", "possible",
                                 "to try", "tried");
  int all = 0;
  for (const KernelResult& each : plan) {
    int open = 0, tried = 0;
    for (const Candidate& candidate : each.candidates) {
      open += !candidate.decided;
      tried += candidate.decided && candidate.status != TrialStatus::rejected_model;
    }
    all += open;
    text += fmt::format("{:<56} {:>5} {:>9} {:>7} {:>9}\n", tune_name(each.kernel.spec),
                        each.kernel.calls, each.candidates.size(), open, tried);
  }
  return text + counted(all, "candidate") + " to compile, check and time\n";
}

std::string progress_text(const TuneProgress& progress, double peak) {
  std::string text;
  if (progress.kernel != nullptr && progress.best_seconds > 0) {
    const double best = gflops(progress.kernel->kernel.spec, progress.best_seconds);
    text = fmt::format("best {:.1f} GF/s", best);
    if (peak > 0) text += fmt::format(", {:.0f} %", 100 * best / peak);
  }
  if (progress.failures > 0) {
    text += fmt::format("{}{} failed", text.empty() ? "" : ", ", progress.failures);
  }
  if (progress.kernel != nullptr) text += "  " + tune_name(progress.kernel->kernel.spec);
  std::string head(phase_word(progress.phase));
  if (progress.total > 0) head += fmt::format(" {} of {}", progress.done, progress.total);
  return text.empty() ? head : head.append(": ").append(text);
}

}  // namespace vitgen
