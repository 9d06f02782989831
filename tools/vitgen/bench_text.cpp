#include "tools/vitgen/bench_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "generators/base/counted.h"
#include "generators/base/error.h"
#include "tools/measure/figures.h"
#include "tools/vitgen/text_table.h"

namespace vitgen {

namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string size_text(std::size_t bytes) {
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  if (bytes >= kMiB) return fmt::format("{} MiB", bytes / kMiB);
  return fmt::format("{} KiB", bytes >> 10);
}

std::string caches_text(const CacheSizes& caches) {
  std::string text;
  for (const auto& [name, bytes] :
       {std::pair{"L1", caches.l1}, {"L2", caches.l2}, {"L3", caches.l3}}) {
    if (bytes != 0) text += fmt::format(", {} {}", name, size_text(bytes));
  }
  return text;
}

// Of what, and how much.
std::string peaks_text(const std::string& of, const MachinePeaks& peaks) {
  std::string text = fmt::format("peak of {}: {}; read", of, rate_text(peaks.gflops));
  for (const auto& [name, gbs] : {std::pair{"L1", peaks.l1_gbs},
                                  {"L2", peaks.l2_gbs},
                                  {"L3", peaks.l3_gbs},
                                  {"memory", peaks.memory_gbs}}) {
    if (gbs > 0) text += fmt::format(" {} {},", name, figure(gbs));
  }
  text.back() = ' ';
  return text + "GB/s\n";
}

std::string head_text(const BenchRecord& record) {
  std::string text = fmt::format("{}: {}\n{}, ", printable(record.library),
                                 printable(record.text, 400), printable(record.isa));
  if (record.gpu) {
    text +=
        fmt::format("{}, L2 {}; host: ", printable(record.gpu->name), size_text(record.gpu->l2));
  }
  text += fmt::format("{}, {}{}\n", printable(record.cpu), counted(record.cpus, "CPU"),
                      caches_text(record.caches));
  for (const MachinePeaks& peaks : record.peaks) {
    if (peaks.gflops <= 0) continue;
    text += peaks_text(record.gpu ? record.peak_words() : counted(peaks.threads, "thread"), peaks);
    if (record.gpu) break;  // the same for any number of threads of the host
  }
  return text;
}

// A dash where there is no whole: nothing was measured.
std::string percent(double part, double whole, int decimals) {
  return whole > 0 ? fixed(100 * part / whole, decimals) : "-";
}

std::string cells_text(const BenchRecord& record) {
  const auto shortest =
      std::ranges::min_element(record.cells, {}, [](const CellTimes& cell) { return cell.ms.p50; });
  const int decimals = decimals_for(shortest->ms.p50);
  Rows rows = {{"threads", "batch", "min ms", "p50 ms", "p90 ms", "p99 ms", "images/s", "GF/s",
                "% peak", "runs"}};
  for (const CellTimes& cell : record.cells) {
    std::vector<std::string> row = {std::to_string(cell.threads), std::to_string(cell.batch)};
    for (const double ms : {cell.ms.min, cell.ms.p50, cell.ms.p90, cell.ms.p99}) {
      row.push_back(fixed(ms, decimals));
    }
    row.push_back(figure(cell.images_per_s()));
    row.push_back(fixed(cell.gflops(), 1));
    row.push_back(percent(cell.gflops(), record.peaks_of(cell.threads).gflops, 1));
    row.push_back(std::to_string(cell.ms.runs));
    rows.push_back(std::move(row));
  }
  return text_table(rows, 0) + "images/s, GF/s and % peak at the median; % peak of the " +
         record.peak_words() + " measured above\n";
}

// Without the hash that tells kernels with equal sizes apart: "linear_197x192x576x48_f32".
std::string short_name(const std::string& kernel) {
  constexpr std::size_t kHash = 9;  // with its underscore
  if (kernel.size() <= kHash || kernel[kernel.size() - kHash] != '_') return printable(kernel);
  const std::string_view hash = std::string_view(kernel).substr(kernel.size() - kHash + 1);
  const bool is_hash = hash.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  return printable(is_hash ? kernel.substr(0, kernel.size() - kHash) : kernel);
}

// Columns that kernels and steps share.
void add_cost(std::vector<std::string>& row, const Cost& cost, const CellTimes& cell,
              const MachinePeaks& peaks, int decimals) {
  row.push_back(std::to_string(cost.calls));
  row.push_back(fixed(cost.ms, decimals));
  row.push_back(fixed(cell.steps_ms() > 0 ? 100 * cost.ms / cell.steps_ms() : 0, 1));
  row.push_back(fixed(cost.gflops(), 1));
  row.push_back(percent(cost.gflops(), peaks.gflops, 1));
  row.push_back(fixed(cost.gbs(), 1));
  row.push_back(percent(cost.gbs(), peaks.memory_gbs, 0));
}

// The roof is the library's; kernels of another type have a lower one.
std::string narrow_note(const BenchRecord& record) {
  if (!record.gpu || record.gpu->factors == DType::f32) return {};
  return fmt::format("% peak of {}, by tensor cores, for all kernels\n", record.peak_words());
}

std::string steps_text(const CellTimes& cell, const MachinePeaks& peaks, StepDetail detail) {
  const bool all = detail == StepDetail::all;
  const double longest = cell.kernels.empty() ? 0 : cell.kernels.front().cost.ms;
  const int decimals = std::max(3, decimals_for(longest));  // microseconds at least
  Rows rows = {{all ? "step" : "steps", "kernel", "calls", "ms", "% time", "GF/s", "% peak", "GB/s",
                "% memory"}};
  if (all) {
    for (const StepTime& step : cell.steps) {
      rows.push_back({printable(step.name), short_name(cell.kernels[step.kernel].name)});
      add_cost(rows.back(), step.cost, cell, peaks, decimals);
    }
  } else {
    for (const KernelTime& kernel : cell.kernels) {
      rows.push_back({printable(kernel.steps), short_name(kernel.name)});
      add_cost(rows.back(), kernel.cost, cell, peaks, decimals);
    }
  }
  return fmt::format("\n{}, batch {}\n", counted(cell.threads, "thread"), cell.batch) +
         text_table(rows, 2);
}

}  // namespace

std::string bench_text(const BenchRecord& record, StepDetail detail) {
  std::string text = head_text(record) + "\n" + cells_text(record);
  if (detail == StepDetail::none) return text;
  for (const CellTimes& cell : record.cells) {
    text += steps_text(cell, record.peaks_of(cell.threads), detail);
  }
  return text +
         "ms: median of all calls in one run; GB/s: what is read, weights included, and written, "
         "once a call;\n"
         "% memory of the memory's bandwidth: above 100 where caches hold the operands\n" +
         narrow_note(record);
}

}  // namespace vitgen
