#include "tools/gpu_check/check_library.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "tools/gpu_check/device_ports.h"
#include "tools/gpu_check/expected_outputs.h"
#include "tools/gpu_check/library_steps.h"
#include "tools/verify/reference/reference.h"

namespace vitgen {
namespace {

using Outputs = std::vector<std::vector<float>>;

/// What the observer of a run fills.
struct Observation {
  std::vector<LibraryStep> steps;
  std::int64_t samples = 0;
  std::vector<OpCheck> ops;
  std::exception_ptr error;
};

DType dtype_of(std::uint32_t type) {
  switch (type) {
    case VITGEN_API_U8:
      return DType::u8;
    case VITGEN_API_I32:
      return DType::i32;
    case VITGEN_API_BF16:
      return DType::bf16;
    case VITGEN_API_F16:
      return DType::f16;
    default:
      return DType::f32;
  }
}

OperandData operand_data(std::span<const vitgen_api_operand> seen) {
  std::vector<Operand> operands;
  std::vector<const void*> data;
  for (const vitgen_api_operand& each : seen) {
    operands.push_back({.name = each.name ? each.name : "",
                        .role = each.is_output != 0 ? Role::output : Role::input,
                        .dtype = dtype_of(each.type),
                        .extents = {each.extents, each.extents + each.dims}});
    data.push_back(each.data);
  }
  return {std::move(operands), std::move(data)};
}

OpCheck& check_of(std::vector<OpCheck>& ops, const std::string& op) {
  const auto found = std::ranges::find(ops, op, &OpCheck::op);
  if (found != ops.end()) return *found;
  ops.push_back({.op = op, .worst_step = {}});
  return ops.back();
}

void check_step(Observation& seen, std::size_t number,
                std::span<const vitgen_api_operand> operands) {
  const LibraryStep& step = seen.steps.at(number);
  const Comparison result = compare(step.spec, operand_data(operands), seen.samples);
  OpCheck& op = check_of(seen.ops, step.spec.op);
  ++op.steps;
  op.checked += result.checked;
  op.failed += result.failed;
  if (op.worst_step.empty() || result.worst_ratio > op.worst_ratio) {
    op.worst_ratio = result.worst_ratio;
    op.worst_step = fmt::format("{}, batch {}", step.name, step.batch);
  }
}

// The library calls back through C: nothing may be thrown across.
void on_step(void* user, std::size_t number, const vitgen_api_step*,
             const vitgen_api_operand* operands, std::size_t count) {
  auto& seen = *static_cast<Observation*>(user);
  if (seen.error) return;
  try {
    check_step(seen, number, {operands, count});
  } catch (...) {
    seen.error = std::current_exception();
  }
}

Outputs run(LoadedLibrary& library, std::size_t n, std::span<const void* const> inputs) {
  Outputs outputs;
  std::vector<void*> pointers;
  for (const TensorPort& port : library.outputs()) outputs.emplace_back(n * port.elements);
  for (std::vector<float>& output : outputs) pointers.push_back(output.data());
  library.run(n, inputs, pointers);
  return outputs;
}

// Not ==: a NaN equals itself here.
bool same_bits(const Outputs& a, const Outputs& b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) {
    return x.size() == y.size() && std::memcmp(x.data(), y.data(), x.size() * sizeof x[0]) == 0;
  });
}

OpenOptions open_options(const CheckSettings& settings, bool no_graph) {
  return {.threads = 1, .isa = settings.isa, .no_graph = no_graph, .check_content = false};
}

std::vector<OpCheck> check_steps(LoadedLibrary& library, const CheckSettings& settings,
                                 const std::vector<int>& batches) {
  Observation seen = {.steps = library_steps(library.manifest()),
                      .samples = settings.samples,
                      .ops = {},
                      .error = {}};
  library.observe(on_step, &seen);
  for (const int batch : batches) {  // n = its batch runs just this bucket
    const auto n = static_cast<std::size_t>(batch);
    run(library, n, RandomInputs(library, n, settings.seed).pointers);
    if (seen.error) std::rethrow_exception(seen.error);
  }
  library.observe(nullptr, nullptr);
  return seen.ops;
}

// One image more than the largest bucket has: two buckets, one after the other.
void check_ways_to_run(LoadedLibrary& library, const CheckSettings& settings,
                       const std::vector<int>& batches, LibraryCheck& result) {
  const auto n = static_cast<std::size_t>(*std::ranges::max_element(batches)) + 1;
  const RandomInputs inputs(library, n, settings.seed);
  const Outputs by_graph = run(library, n, inputs.pointers);
  LoadedLibrary launches(settings.directory, open_options(settings, true));
  result.graph_equals_launches = same_bits(by_graph, run(launches, n, inputs.pointers));
  const Gpu gpu;
  const DevicePorts ports(gpu, library, n, inputs);
  ports.run(library, n);
  result.device_equals_host = same_bits(by_graph, ports.outputs());
}

std::vector<OutputCheck> check_outputs(LoadedLibrary& library, const CheckSettings& settings) {
  const std::optional<ExpectedOutputs> expected =
      read_expected(settings.directory + "/expected", library);
  if (!expected) return {};
  std::vector<const void*> inputs;
  for (const NpyArray& input : expected->inputs) inputs.push_back(input.bytes.data());
  const Outputs outputs = run(library, expected->n, inputs);
  std::vector<OutputCheck> checks;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const ExpectedOutput& want = expected->outputs[i];
    if (want.exact.empty()) continue;
    checks.push_back({.output = library.outputs()[i].name,
                      .error = relative_error(outputs[i], want.exact),
                      .bound = allowed_error(want, library_precision(library.manifest()))});
  }
  return checks;
}

}  // namespace

bool LibraryCheck::pass() const {
  return graph_equals_launches && device_equals_host && !ops.empty() &&
         std::ranges::all_of(ops, [](const OpCheck& op) { return op.failed == 0; }) &&
         std::ranges::all_of(outputs, &OutputCheck::pass);
}

LibraryCheck check_library(const CheckSettings& settings) {
  LoadedLibrary library(settings.directory, open_options(settings, false));
  const std::vector<int> batches = library_batches(library.manifest());
  LibraryCheck result;
  result.name = library.name();
  result.isa = library.isa();
  result.precision = enum_text(library_precision(library.manifest()));
  result.ops = check_steps(library, settings, batches);
  check_ways_to_run(library, settings, batches, result);
  result.outputs = check_outputs(library, settings);
  return result;
}

Json check_json(const LibraryCheck& check) {
  Json ops = Json::array();
  for (const OpCheck& op : check.ops) {
    ops.push_back({{"op", op.op},
                   {"steps", op.steps},
                   {"checked", op.checked},
                   {"failed", op.failed},
                   {"worst_ratio", op.worst_ratio},
                   {"worst_step", op.worst_step}});
  }
  Json outputs = Json::array();
  for (const OutputCheck& output : check.outputs) {
    outputs.push_back({{"output", output.output},
                       {"error", output.error},
                       {"bound", output.bound},
                       {"pass", output.pass()}});
  }
  return {{"library", check.name},
          {"isa", check.isa},
          {"precision", check.precision},
          {"ops", ops},
          {"outputs", outputs},
          {"graph_equals_launches", check.graph_equals_launches},
          {"device_equals_host", check.device_equals_host},
          {"pass", check.pass()}};
}

}  // namespace vitgen
