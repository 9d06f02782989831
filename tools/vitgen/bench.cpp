#include "tools/vitgen/bench.h"

#include <fmt/core.h>

#include <algorithm>
#include <random>

#include "generators/base/counted.h"
#include "generators/base/version.h"
#include "runtime/cpu_count.h"
#include "schedules/machine.h"
#include "schedules/tuning/record.h"
#include "tools/measure/machine_notes.h"
#include "tools/vitgen/bench_cell.h"
#include "tools/vitgen/bench_peaks.h"
#include "tools/vitgen/host.h"

namespace vitgen {

namespace {

using Libraries = std::vector<std::unique_ptr<LoadedLibrary>>;

// One for each number of threads: a context has one. The first checks the weights' hash.
Libraries open_libraries(const std::string& directory, const BenchSettings& settings,
                         Progress& progress) {
  Libraries libraries;
  for (const int wanted : settings.threads) {
    auto library =
        std::make_unique<LoadedLibrary>(directory, OpenOptions{.threads = wanted,
                                                               .isa = settings.isa,
                                                               .time_steps = true,
                                                               .no_graph = settings.no_graph,
                                                               .check_content = libraries.empty()});
    const int given = library->threads();
    if (given < wanted) {
      const bool on_device = is_device_row(find_machine(library->isa()));
      progress.note(fmt::format("{}: {} {}", counted(wanted, "thread"),
                                on_device ? "a run on a GPU takes" : "this machine gives", given));
    }
    const bool known = std::ranges::any_of(
        libraries, [&](const auto& other) { return other->threads() == given; });
    if (!known) libraries.push_back(std::move(library));
  }
  return libraries;
}

std::vector<int> batches_of(const BenchSettings& settings, const LibraryFacts& facts) {
  std::vector<int> batches = settings.batches;
  if (batches.empty()) {
    for (const BucketFacts& bucket : facts.buckets) batches.push_back(bucket.batch);
  }
  std::ranges::sort(batches);
  const auto [first, last] = std::ranges::unique(batches);
  batches.erase(first, last);
  return batches;
}

using Cells = std::vector<std::unique_ptr<BenchCell>>;

void measure(Cells& cells, const BenchSettings& settings, Progress& progress) {
  constexpr double kUnits = 1000;  // of progress, for each cell
  progress.begin("bench", cells.size() * static_cast<std::uint64_t>(kUnits));
  for (const auto& cell : cells) cell->warm_up();
  std::mt19937 random(static_cast<unsigned>(settings.seed));
  std::vector<BenchCell*> turn;
  for (const auto& cell : cells) turn.push_back(cell.get());
  while (!turn.empty()) {
    std::ranges::shuffle(turn, random);
    for (BenchCell* cell : turn) {
      double done = 0;
      for (const auto& each : cells) done += kUnits * each->done(settings);
      progress.update(static_cast<std::uint64_t>(done),
                      fmt::format("threads {}, batch {}", cell->threads(), cell->batch()));
      cell->burst(settings);
    }
    std::erase_if(turn, [&](const BenchCell* cell) { return cell->done(settings) >= 1; });
  }
  progress.end();
}

BenchRecord describe(const LoadedLibrary& library, const LibraryFacts& facts,
                     const BenchSettings& settings) {
  return {.date = utc_now(),
          .vitgen = std::string(kVersion),
          .halide = std::string(kHalideVersion),
          .llvm = std::string(kLlvmVersion),
          .library = facts.name,
          .text = facts.model_text,
          .abi_hash = get_string(library.manifest(), "abi_hash"),
          .isa = library.isa(),
          .cpu = cpu_name(),
          .cpus = rt::usable_cpus(),
          .caches = cache_sizes(),
          .peaks = {},
          .seconds = settings.runs != 0 ? 0 : settings.seconds,
          .seed = settings.seed,
          .cells = {}};
}

void warn_if_busy(const BenchRecord& record, Progress& progress) {
  const auto worst =
      std::ranges::max_element(record.cells, {}, [](const CellTimes& c) { return c.ms.spread(); });
  if (worst->ms.spread() <= kBusySpread) return;
  progress.note(busy_note(
      fmt::format("half of the runs with {}, batch {} lie {:.0f} % apart",
                  counted(worst->threads, "thread"), worst->batch, 100 * worst->ms.spread()),
      "compare minima, or measure again when it is idle"));
}

// With one thread's peak, measured now unless it is among the others.
void warn_if_threads_share(const BenchRecord& record, FmaIsa isa, Progress& progress) {
  const auto several = [](const MachinePeaks& each) { return each.threads > 1; };
  if (std::ranges::none_of(record.peaks, several)) return;
  const auto one = std::ranges::find(record.peaks, 1, &MachinePeaks::threads);
  const double alone =
      one != record.peaks.end() ? one->gflops : fma_peak_gflops(isa, 1, kPeakSeconds);
  const std::string note = scaling_note(alone, record.peaks);
  if (!note.empty()) progress.note(note);
}

}  // namespace

std::string common_step_name(const std::vector<std::string>& names) {
  std::vector<std::string> patterns;
  for (const std::string& name : names) {
    std::string pattern;
    for (std::size_t at = 0; at <= name.size();) {
      const std::size_t dot = std::min(name.find('.', at), name.size());
      const std::string part = name.substr(at, dot - at);
      const bool number =
          !part.empty() && part.find_first_not_of("0123456789") == std::string::npos;
      if (at != 0) pattern += '.';
      pattern += number && names.size() > 1 ? "*" : part;
      at = dot + 1;
    }
    if (std::ranges::find(patterns, pattern) == patterns.end()) patterns.push_back(pattern);
  }
  std::string text;
  for (const std::string& pattern : patterns) {
    if (!text.empty()) text += ", ";
    text += pattern;
  }
  return text;
}

BenchRecord run_bench(const std::string& directory, const BenchSettings& settings,
                      Progress& progress) {
  const Libraries libraries = open_libraries(directory, settings, progress);
  const LoadedLibrary& first = *libraries.front();
  const LibraryFacts facts = library_facts(first.manifest());
  BenchRecord record = describe(first, facts, settings);
  const Machine& machine = find_machine(record.isa);
  std::vector<int> threads;
  for (const auto& library : libraries) threads.push_back(library->threads());
  measure_peaks(record, machine, facts.precision, threads);
  Cells cells;
  for (const auto& library : libraries) {
    for (const int batch : batches_of(settings, facts)) {
      cells.push_back(std::make_unique<BenchCell>(*library, batch, settings.seed));
    }
  }
  measure(cells, settings, progress);
  measure_peaks_again(record, machine);
  for (const auto& cell : cells) record.cells.push_back(cell->times(facts));
  warn_if_busy(record, progress);
  if (!record.gpu) warn_if_threads_share(record, fma_isa(machine), progress);
  return record;
}

}  // namespace vitgen
