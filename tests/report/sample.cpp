#include "tests/report/sample.h"

namespace vitgen::testing {

namespace {

KernelTime kernel(const std::string& name, const std::string& op, const std::string& steps,
                  const Cost& cost) {
  return {.name = name,
          .op = op,
          .spec = op + "(rows=7,k=8)",
          .choice = "cpu/" + op + "(m_r=6)",
          .provenance = "default",
          .steps = steps,
          .cost = cost};
}

CellTimes cell(int threads, double ms) {
  CellTimes out{.threads = threads,
                .batch = 1,
                .ms = run_times({0.99 * ms, ms, 1.01 * ms, 1.2 * ms}),
                .kernels = {},
                .steps = {}};
  const Cost half = {.calls = 1, .ms = 0.35 * ms, .flops = 4e8 * ms, .bytes = 1e7 * ms};
  const Cost rest = {.calls = 1, .ms = 0.25 * ms, .flops = 1e7 * ms, .bytes = 3e7 * ms};
  const Cost tiny = {.calls = 1, .ms = 1e-5 * ms, .flops = 10, .bytes = 1e5};
  Cost both = half;
  both.calls = 2;
  both.ms *= 2;
  both.flops *= 2;
  both.bytes *= 2;
  out.kernels = {kernel("linear_1", "linear", "blocks.*.fc", both),
                 kernel("layer_norm_1", "layer_norm", "norm", rest),
                 kernel("pool_1", "pool", "pool", tiny)};
  out.steps = {{.name = "blocks.0.fc", .batch = 1, .kernel = 0, .cost = half},
               {.name = "blocks.1.fc", .batch = 1, .kernel = 0, .cost = half},
               {.name = "norm", .batch = 1, .kernel = 1, .cost = rest},
               {.name = "pool", .batch = 1, .kernel = 2, .cost = tiny}};
  return out;
}

}  // namespace

ReportFacts sample_facts() {
  const MachinePeaks one = {
      .threads = 1, .gflops = 1000, .l1_gbs = 400, .l2_gbs = 200, .l3_gbs = 0, .memory_gbs = 20};
  MachinePeaks two = one;
  two.threads = 2;
  two.gflops = 1900;
  return {.bench = {.date = "2026-11-23T10:35:47Z",
                    .vitgen = "0.1.0",
                    .halide = "21.0.0",
                    .llvm = "19.1.7",
                    .library = "vit",
                    .text = "a model of 2 blocks",
                    .abi_hash = "00ff",
                    .isa = "an isa",
                    .cpu = "a CPU",
                    .cpus = 2,
                    .caches = {.l1 = 32 << 10, .l2 = 1 << 20, .l3 = 0},
                    .peaks = {one, two},
                    .seconds = 2,
                    .seed = 1,
                    .cells = {cell(1, 12.5), cell(2, 7.25)}},
          .model = "an architecture, 3x24x24",
          .input = "image f32 3 x 24 x 24",
          .outputs = "logits f32 7",
          .peers = {},
          .tuning = {}};
}

Json sample_peers() {
  const auto program = [](double ms, double ratio) {
    return Json{
        {"least_ms", 0.9 * ms}, {"median_ms", ms}, {"ratio", {ratio, 0.98 * ratio, 1.02 * ratio}}};
  };
  return {{"cpu", "a CPU"},
          {"date", "2026-11-23"},
          {"versions", {{"openvino", "2025.3"}}},
          {"cells",
           {{"vit_tiny:1:1",
             {{"figures",
               {{"vitgen", program(10, 1)},
                {"openvino", program(12.5, 0.8)},
                {"torch_eager", program(20, 0.5)}}}}},
            {"vit_base:2:8",
             {{"figures",
               {{"vitgen", program(80, 1)},
                {"vitgen_before", program(84, 0.95)},
                {"openvino", program(160, 0.45)}}}}}}}};
}

std::vector<TuningHistory> sample_tuning() {
  return {
      {.steps = "blocks.*.fc",
       .spec = "linear(rows=7,k=8)",
       .machine = "a machine",
       .flops = 2e6,
       .recorded = "a(t=1)",
       .trials =
           {{.choice = "a(t=1)", .status = "measured", .reason = {}, .best_us = 40},
            {.choice = "a(t=2)", .status = "rejected_code", .reason = "12 spills", .best_us = 0},
            {.choice = "a(t=3)", .status = "measured", .reason = {}, .best_us = 25},
            {.choice = "a(t=4)", .status = "rejected_code", .reason = "3 calls", .best_us = 0}}},
      {.steps = "pool",
       .spec = "pool(rows=7)",
       .machine = "a machine",
       .flops = 0,
       .recorded = {},
       .trials = {{.choice = "b(t=1)", .status = "crashed", .reason = "signal 11", .best_us = 0}}}};
}

}  // namespace vitgen::testing
