#include "tools/report/sections.h"

#include <fmt/format.h>

#include <algorithm>

#include "generators/base/counted.h"
#include "tools/measure/machine_notes.h"
#include "tools/report/time_chart.h"

namespace vitgen {

namespace {

std::string cell_at(std::size_t c) { return "/cells/" + std::to_string(c); }

std::string card(const CellTimes& cell, const std::string& at, const Source& bench,
                 double peak_gflops) {
  const double percent = peak_gflops > 0 ? 100 * cell.gflops() / peak_gflops : 0;
  std::string out = "<div class=\"card\">\n<h3>" + cell_text(cell.threads, cell.batch) + "</h3>\n";
  out += "<p class=\"big\">" + number(bench, at + "/ms/p50") + " <small>ms</small></p>\n";
  out += "<p class=\"under\">median of " + number(bench, at + "/runs", 0) + " runs; fastest " +
         number(bench, at + "/ms/min") + ", 90 % within " + number(bench, at + "/ms/p90") +
         " ms</p>\n";
  out += "<dl><div><dt>images/s</dt><dd>" + number(bench, at + "/images_per_s") +
         "</dd></div><div><dt>GF/s</dt><dd>" + number(bench, at + "/gflops", 1) +
         "</dd></div></dl>\n";
  out += fmt::format(
      "<div class=\"meter\" aria-hidden=\"true\"><span style=\"width:{:.1f}%\"></span></div>\n",
      std::clamp(percent, 0.0, 100.0));
  out += "<p class=\"under\">" + number(bench, at + "/peak_percent", 1) +
         " % of the peak measured in the same run</p>\n";
  if (cell.ms.spread() > kBusySpread) {
    out +=
        fmt::format("<p class=\"warn\"><b>Busy machine:</b> the quartiles lie {:.0f} % apart</p>\n",
                    100 * cell.ms.spread());
  }
  return out + "</div>\n";
}

}  // namespace

std::string cell_text(int threads, int batch) {
  return fmt::format("{}, batch {}", counted(threads, "thread"), batch);
}

std::string figures_section(const BenchRecord& record, const Source& bench) {
  std::string out = "<div class=\"cards\">\n";
  for (std::size_t c = 0; c < record.cells.size(); ++c) {
    const CellTimes& cell = record.cells[c];
    out += card(cell, cell_at(c), bench, record.peaks_of(cell.threads).gflops);
  }
  return out + "</div>\n";
}

std::string time_section(const BenchRecord& record, const Kinds& kinds) {
  return legend(kinds) + share_chart(record, kinds, 1000, "wide") +
         share_chart(record, kinds, 340, "narrow");
}

namespace {

/// A column of the machine's table: title and key.
using Peak = std::pair<std::string, const char*>;

std::vector<Peak> peaks_shown(const BenchRecord& record) {
  std::vector<Peak> shown = {{record.peak_words() + " GF/s", "gflops"}};
  if (!record.gpu) shown.emplace_back("L1 GB/s", "l1_gbs");
  shown.emplace_back("L2 GB/s", "l2_gbs");
  if (!record.gpu) shown.emplace_back("L3 GB/s", "l3_gbs");
  shown.emplace_back("memory GB/s", "memory_gbs");
  return shown;
}

std::string kib(std::size_t bytes) { return fmt::format("{} KiB", bytes >> 10); }

std::string machine_note(const BenchRecord& record) {
  std::string text;
  if (record.gpu) {
    text = fmt::format("GPU: {}, L2 {}; the peaks are its own. Host: {}. ", record.gpu->name,
                       kib(record.gpu->l2), record.cpu);
  }
  return text + fmt::format(
                    "Caches: L1 {}, L2 {}, L3 {}; {} CPUs. Peaks were measured in the same run, "
                    "bandwidths by reading only. Times are of {} with random input, seed {}; cells "
                    "took turns in random order.",
                    kib(record.caches.l1), kib(record.caches.l2), kib(record.caches.l3),
                    record.cpus, record.isa, record.seed);
}

}  // namespace

std::string machine_section(const BenchRecord& record, const Source& bench) {
  const std::vector<Peak> shown = peaks_shown(record);
  std::vector<Column> columns = {{"threads"}};
  for (const auto& [title, key] : shown) columns.push_back({escaped(title)});
  std::vector<std::vector<std::string>> rows;
  for (std::size_t p = 0; p < record.peaks.size(); ++p) {
    const std::string at = "/machine/peaks/" + std::to_string(p);
    std::vector<std::string> row = {number(bench, at + "/threads", 0)};
    for (const auto& [title, key] : shown) {
      const std::string pointer = at + "/" + key;
      const bool there = bench.json.at(Json::json_pointer(pointer)).get<double>() > 0;
      row.push_back(there ? number(bench, pointer) : "none");
    }
    rows.push_back(std::move(row));
  }
  return table("What the machine can do", columns, rows) + "<p class=\"note\">" +
         escaped(machine_note(record), 4000) + "</p>\n";
}

}  // namespace vitgen
