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

std::string machine_section(const BenchRecord& record, const Source& bench) {
  std::vector<std::vector<std::string>> rows;
  for (std::size_t p = 0; p < record.peaks.size(); ++p) {
    const std::string at = "/machine/peaks/" + std::to_string(p);
    std::vector<std::string> row = {number(bench, at + "/threads", 0)};
    for (const char* key : {"gflops", "l1_gbs", "l2_gbs", "l3_gbs", "memory_gbs"}) {
      const std::string pointer = at + "/" + key;
      const bool there = bench.json.at(Json::json_pointer(pointer)).get<double>() > 0;
      row.push_back(there ? number(bench, pointer) : "none");
    }
    rows.push_back(std::move(row));
  }
  const auto kib = [](std::size_t bytes) { return fmt::format("{}", bytes >> 10); };
  return table("What the machine can do",
               {{"threads"},
                {"multiply-adds GF/s"},
                {"L1 GB/s"},
                {"L2 GB/s"},
                {"L3 GB/s"},
                {"memory GB/s"}},
               rows) +
         "<p class=\"note\">" +
         escaped(fmt::format(
             "Caches: L1 {} KiB, L2 {} KiB, L3 {} KiB; {} CPUs. Peaks were measured in the same "
             "run, bandwidths by reading only. Times are of {} with random input, seed {}; cells "
             "took turns in random order.",
             kib(record.caches.l1), kib(record.caches.l2), kib(record.caches.l3), record.cpus,
             record.isa, record.seed)) +
         "</p>\n";
}

}  // namespace vitgen
