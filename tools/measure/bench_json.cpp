// BenchRecord as JSON and back. What follows from other figures is written for readers of the file
// and computed again when it is read.

#include <algorithm>

#include "generators/base/error.h"
#include "generators/base/visit.h"
#include "tools/measure/bench_record.h"

namespace vitgen {

namespace {

constexpr double kMost = 1e18;   // no figure of a benchmark is larger
constexpr double kLeast = 1e-9;  // nor smaller, unless it is zero
constexpr int kMostCount = 1 << 20;

// ---- writing -----------------------------------------------------------------------------------

Json peaks_json(const MachinePeaks& peaks) {
  return {{"threads", peaks.threads}, {"gflops", peaks.gflops}, {"l1_gbs", peaks.l1_gbs},
          {"l2_gbs", peaks.l2_gbs},   {"l3_gbs", peaks.l3_gbs}, {"memory_gbs", peaks.memory_gbs}};
}

void add_cost(Json& json, const Cost& cost, const CellTimes& cell, const MachinePeaks& peaks) {
  json["calls"] = cost.calls;
  json["ms"] = cost.ms;
  json["flops"] = cost.flops;
  json["bytes"] = cost.bytes;
  json["share_percent"] = cell.steps_ms() > 0 ? 100 * cost.ms / cell.steps_ms() : 0;
  json["gflops"] = cost.gflops();
  json["peak_percent"] = peaks.gflops > 0 ? 100 * cost.gflops() / peaks.gflops : 0;
  json["gbs"] = cost.gbs();
  json["memory_percent"] = peaks.memory_gbs > 0 ? 100 * cost.gbs() / peaks.memory_gbs : 0;
}

Json cell_json(const CellTimes& cell, const MachinePeaks& peaks) {
  const RunTimes& ms = cell.ms;
  Json kernels = Json::array();
  for (const KernelTime& kernel : cell.kernels) {
    Json each = {{"name", kernel.name},
                 {"op", kernel.op},
                 {"spec", kernel.spec},
                 {"choice", kernel.choice},
                 {"provenance", kernel.provenance},
                 {"steps", kernel.steps}};
    add_cost(each, kernel.cost, cell, peaks);
    kernels.push_back(std::move(each));
  }
  Json steps = Json::array();
  for (const StepTime& step : cell.steps) {
    Json each = {{"name", step.name}, {"batch", step.batch}, {"kernel", step.kernel}};
    add_cost(each, step.cost, cell, peaks);
    steps.push_back(std::move(each));
  }
  return {{"threads", cell.threads},
          {"batch", cell.batch},
          {"runs", ms.runs},
          {"ms",
           {{"min", ms.min},
            {"p10", ms.p10},
            {"p25", ms.p25},
            {"p50", ms.p50},
            {"p75", ms.p75},
            {"p90", ms.p90},
            {"p99", ms.p99},
            {"max", ms.max}}},
          {"spread", ms.spread()},
          {"images_per_s", cell.images_per_s()},
          {"gflops", cell.gflops()},
          {"peak_percent", peaks.gflops > 0 ? 100 * cell.gflops() / peaks.gflops : 0},
          {"kernels", std::move(kernels)},
          {"steps", std::move(steps)}};
}

Json machine_json(const BenchRecord& record) {
  Json peaks = Json::array();
  for (const MachinePeaks& each : record.peaks) peaks.push_back(peaks_json(each));
  Json json = {
      {"cpu", record.cpu},
      {"cpus", record.cpus},
      {"caches", {{"l1", record.caches.l1}, {"l2", record.caches.l2}, {"l3", record.caches.l3}}}};
  if (record.gpu) {
    json["gpu"] = {{"name", record.gpu->name},
                   {"l2", record.gpu->l2},
                   {"factors", enum_text(record.gpu->factors)}};
  }
  json["peaks"] = std::move(peaks);
  return json;
}

// ---- reading -----------------------------------------------------------------------------------

int count_of(const JsonFile& file, std::string_view key, int least) {
  return static_cast<int>(get_int(file, key, least, kMostCount));
}

// Zero where nothing was measured; quotients of others stay finite.
double figure_of(const JsonFile& file, std::string_view key) {
  const double value = get_number(file, key, 0, kMost);
  if (value == 0 || value >= kLeast) return value;
  json_error(file, key, file.codes.range, "expected 0, or at least 1e-9");
}

MachinePeaks parse_peaks(const JsonFile& file) {
  return {.threads = count_of(file, "threads", 1),
          .gflops = figure_of(file, "gflops"),
          .l1_gbs = figure_of(file, "l1_gbs"),
          .l2_gbs = figure_of(file, "l2_gbs"),
          .l3_gbs = figure_of(file, "l3_gbs"),
          .memory_gbs = figure_of(file, "memory_gbs")};
}

Cost parse_cost(const JsonFile& file) {
  return {.calls = count_of(file, "calls", 0),
          .ms = figure_of(file, "ms"),
          .flops = figure_of(file, "flops"),
          .bytes = figure_of(file, "bytes")};
}

KernelTime parse_kernel(const JsonFile& file) {
  return {.name = get_string(file, "name"),
          .op = get_string(file, "op"),
          .spec = get_string(file, "spec"),
          .choice = get_string(file, "choice"),
          .provenance = get_string(file, "provenance"),
          .steps = get_string(file, "steps"),
          .cost = parse_cost(file)};
}

StepTime parse_step(const JsonFile& file, std::size_t kernels) {
  if (kernels == 0) json_error(file, "kernel", file.codes.range, "the cell has no kernels");
  return {.name = get_string(file, "name"),
          .batch = count_of(file, "batch", 1),
          .kernel = static_cast<std::size_t>(
              get_int(file, "kernel", 0, static_cast<std::int64_t>(kernels) - 1)),
          .cost = parse_cost(file)};
}

CellTimes parse_cell(const JsonFile& file) {
  CellTimes cell{.threads = count_of(file, "threads", 1),
                 .batch = count_of(file, "batch", 1),
                 .ms = {.runs = count_of(file, "runs", 1),
                        .min = figure_of(file, "ms.min"),
                        .p10 = figure_of(file, "ms.p10"),
                        .p25 = figure_of(file, "ms.p25"),
                        .p50 = figure_of(file, "ms.p50"),
                        .p75 = figure_of(file, "ms.p75"),
                        .p90 = figure_of(file, "ms.p90"),
                        .p99 = figure_of(file, "ms.p99"),
                        .max = figure_of(file, "ms.max")},
                 .kernels = {},
                 .steps = {}};
  for (const JsonFile& kernel : json_elements(file, "kernels")) {
    cell.kernels.push_back(parse_kernel(kernel));
  }
  for (const JsonFile& step : json_elements(file, "steps")) {
    cell.steps.push_back(parse_step(step, cell.kernels.size()));
  }
  return cell;
}

constexpr std::int64_t kMostBytes = std::int64_t{1} << 40;  // of a cache

CacheSizes parse_caches(const JsonFile& file) {
  const auto bytes = [&](std::string_view key) {
    return static_cast<std::size_t>(get_int(file, key, 0, kMostBytes));
  };
  return {.l1 = bytes("machine.caches.l1"),
          .l2 = bytes("machine.caches.l2"),
          .l3 = bytes("machine.caches.l3")};
}

// Files of libraries on a CPU have none, and those of before peaks of a GPU were measured.
std::optional<BenchGpu> parse_gpu(const JsonFile& file) {
  if (!has_value(file, "machine.gpu")) return std::nullopt;
  BenchGpu gpu{.name = get_string(file, "machine.gpu.name"),
               .l2 = static_cast<std::size_t>(get_int(file, "machine.gpu.l2", 0, kMostBytes))};
  const std::string factors = get_string(file, "machine.gpu.factors");
  for (const DType each : {DType::f32, DType::f16, DType::bf16}) {
    if (factors != enum_text(each)) continue;
    gpu.factors = each;
    return gpu;
  }
  json_error(file, "machine.gpu.factors", file.codes.range, "expected f32, f16 or bf16");
}

}  // namespace

Json bench_json(const BenchRecord& record) {
  Json cells = Json::array();
  for (const CellTimes& cell : record.cells) {
    cells.push_back(cell_json(cell, record.peaks_of(cell.threads)));
  }
  return {
      {"schema", kBenchSchema},
      {"date", record.date},
      {"versions", {{"vitgen", record.vitgen}, {"halide", record.halide}, {"llvm", record.llvm}}},
      {"library",
       {{"name", record.library},
        {"text", record.text},
        {"abi_hash", record.abi_hash},
        {"isa", record.isa}}},
      {"machine", machine_json(record)},
      {"settings", {{"seconds", record.seconds}, {"seed", record.seed}}},
      {"cells", std::move(cells)}};
}

JsonCodes bench_codes() {
  return {.syntax = "BENCH_JSON",
          .duplicate = "BENCH_JSON",
          .field = "BENCH_FIELD",
          .range = "BENCH_RANGE"};
}

BenchRecord parse_bench(const JsonFile& file) {
  get_int(file, "schema", kBenchSchema, kBenchSchema);
  BenchRecord record{.date = get_string(file, "date"),
                     .vitgen = get_string(file, "versions.vitgen"),
                     .halide = get_string(file, "versions.halide"),
                     .llvm = get_string(file, "versions.llvm"),
                     .library = get_string(file, "library.name"),
                     .text = get_string(file, "library.text"),
                     .abi_hash = get_string(file, "library.abi_hash"),
                     .isa = get_string(file, "library.isa"),
                     .cpu = get_string(file, "machine.cpu"),
                     .cpus = count_of(file, "machine.cpus", 1),
                     .caches = parse_caches(file),
                     .gpu = parse_gpu(file),
                     .peaks = {},
                     .seconds = figure_of(file, "settings.seconds"),
                     .seed = count_of(file, "settings.seed", 0),
                     .cells = {}};
  for (const JsonFile& each : json_elements(file, "machine.peaks")) {
    record.peaks.push_back(parse_peaks(each));
  }
  for (const JsonFile& cell : json_elements(file, "cells")) {
    record.cells.push_back(parse_cell(cell));
    const int threads = record.cells.back().threads;
    if (std::ranges::find(record.peaks, threads, &MachinePeaks::threads) == record.peaks.end()) {
      json_error(cell, "threads", cell.codes.range, "no machine.peaks for this number");
    }
  }
  if (record.cells.empty()) json_error(file, "cells", file.codes.range, "no cell was measured");
  return record;
}

BenchRecord read_bench(const std::string& path) {
  return parse_bench(read_json(path, {.bytes = std::size_t{64} << 20, .depth = 32}, bench_codes()));
}

}  // namespace vitgen
