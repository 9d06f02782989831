// The part of the page about each number of threads with each batch: roofline, steps, tables.

#include <fmt/format.h>

#include "tools/report/roofline.h"
#include "tools/report/sections.h"
#include "tools/report/time_chart.h"

namespace vitgen {

namespace {

using Rows = std::vector<std::vector<std::string>>;

// Columns that kernels and steps share.
void add_cost(std::vector<std::string>& row, const Source& bench, const std::string& at) {
  row.push_back(number(bench, at + "/calls", 0));
  row.push_back(number(bench, at + "/ms", 3));
  row.push_back(number(bench, at + "/share_percent", 1));
  row.push_back(number(bench, at + "/gflops", 1));
  row.push_back(number(bench, at + "/peak_percent", 1));
  row.push_back(number(bench, at + "/gbs", 1));
  row.push_back(number(bench, at + "/memory_percent", 0));
}

std::vector<Column> columns(std::vector<Column> first) {
  for (const char* title : {"calls", "ms", "% time", "GF/s", "% peak", "GB/s", "% memory"}) {
    first.push_back({title});
  }
  return first;
}

std::string kernel_table(const CellTimes& cell, const Kinds& kinds, const Source& bench,
                         const std::string& at) {
  Rows rows;
  for (std::size_t k = 0; k < cell.kernels.size(); ++k) {
    const KernelTime& kernel = cell.kernels[k];
    rows.push_back({std::to_string(k + 1), escaped(kernel.steps), kind_label(kinds, kernel.op)});
    add_cost(rows.back(), bench, at + "/kernels/" + std::to_string(k));
  }
  return table("Kernels, " + cell_text(cell.threads, cell.batch),
               columns({{"#"}, {"steps", false}, {"op", false}}), rows);
}

std::string step_table(const CellTimes& cell, const Kinds& kinds, const Source& bench,
                       const std::string& at) {
  Rows rows;
  for (std::size_t s = 0; s < cell.steps.size(); ++s) {
    const StepTime& step = cell.steps[s];
    rows.push_back({escaped(step.name), kind_label(kinds, cell.kernels[step.kernel].op)});
    add_cost(rows.back(), bench, at + "/steps/" + std::to_string(s));
  }
  return table("Steps, " + cell_text(cell.threads, cell.batch),
               columns({{"step", false}, {"op", false}}), rows);
}

std::string choice_table(const CellTimes& cell) {
  Rows rows;
  for (std::size_t k = 0; k < cell.kernels.size(); ++k) {
    const KernelTime& kernel = cell.kernels[k];
    rows.push_back({std::to_string(k + 1), code(kernel.spec), code(kernel.choice),
                    escaped(kernel.provenance)});
  }
  return table("Schedules, " + cell_text(cell.threads, cell.batch),
               {{"#"}, {"kernel", false}, {"schedule", false}, {"from", false}}, rows);
}

std::string roofline_note(const BenchRecord& record) {
  std::string out =
      "<p class=\"note\">A marker's area is its share of the time, its number that of the table. "
      "Bytes count once a call; above a line, a cache nearer to the ";
  out += record.gpu ? "multiprocessors" : "CPU";
  out +=
      " holds them. What takes under a thousandth of the time may lie outside of the axes; what "
      "only copies has no place on them.";
  // The library's type decides which roof is drawn.
  if (record.gpu && record.gpu->factors != DType::f32) {
    out +=
        " The peak is that of " + record.peak_words() +
        ", by tensor cores: kernels that multiply elsewhere, such as LayerNorm, cannot reach it.";
  }
  return out + "</p>\n";
}

std::string folded(const std::string& summary, const std::string& content) {
  return "<details><summary>" + summary + "</summary>\n" + content + "</details>\n";
}

std::string cell_section(const BenchRecord& record, std::size_t c, const Kinds& kinds,
                         const Source& bench) {
  const CellTimes& cell = record.cells[c];
  const std::string at = "/cells/" + std::to_string(c);
  std::string out = fmt::format("<details class=\"cell\"{}>\n<summary>", c == 0 ? " open" : "");
  out += "<b>" + cell_text(cell.threads, cell.batch) + "</b> <span class=\"aside\">" +
         number(bench, at + "/ms/p50") + " ms, " + number(bench, at + "/peak_percent", 1) +
         " % of the peak</span></summary>\n";
  out += "<h3>Roofline</h3>\n" + legend(kinds);
  out += roofline(record, cell, kinds, 1000, 470, "wide");
  out += roofline(record, cell, kinds, 340, 340, "narrow");
  out += roofline_note(record);
  out += "<h3>From the first step to the last</h3>\n";
  out += step_strip(cell, kinds, 1000, "wide") + step_strip(cell, kinds, 340, "narrow");
  out += "<h3>Kernels</h3>\n" + kernel_table(cell, kinds, bench, at);
  out +=
      "<p class=\"note\">ms: median over the runs of all calls in one run. % memory: bytes read "
      "and "
      "written a second over the memory's bandwidth; above 100 where caches hold them.</p>\n";
  out += folded("Schedule of each kernel", choice_table(cell));
  out += folded(fmt::format("All {} steps", cell.steps.size()), step_table(cell, kinds, bench, at));
  return out + "</details>\n";
}

}  // namespace

std::string cells_section(const BenchRecord& record, const Kinds& kinds, const Source& bench) {
  std::string out;
  for (std::size_t c = 0; c < record.cells.size(); ++c) {
    out += cell_section(record, c, kinds, bench);
  }
  return out;
}

}  // namespace vitgen
