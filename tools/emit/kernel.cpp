#include "tools/emit/kernel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "generators/base/output_set.h"
#include "generators/base/sha256.h"
#include "generators/base/version.h"
#include "tools/emit/device_file.h"
#include "tools/emit/kernel_device_extract.h"
#include "tools/emit/kernel_microkernel.h"
#include "tools/emit/kernel_scratch.h"

namespace vitgen {

namespace {

// Halide's own checks stay: without them an out-of-memory would be a null dereference. No bounds
// queries: a call with null buffers must fail, not "succeed" without computing.
constexpr std::string_view kProductFeatures = "-no_runtime-user_context-no_bounds_query";

/// What stands behind `key: ` in a line of its own.
std::optional<std::string> find_field(std::string_view text, std::string_view key) {
  const std::string start = std::string(key) + ": ";
  std::string later = start;
  later.insert(0, 1, '\n');
  std::size_t begin = text.starts_with(start) ? 0 : text.find(later);
  if (begin == std::string_view::npos) return std::nullopt;
  begin = text.find(": ", begin) + 2;
  return std::string(text.substr(begin, text.find('\n', begin) - begin));
}

std::string field_of(std::string_view text, std::string_view key) {
  const auto value = find_field(text, key);
  if (value) return *value;
  throw Error(ExitCode::internal, "KERNEL_REQUEST", "kernel request lacks " + std::string(key));
}

}  // namespace

std::string KernelRequest::text() const {
  return "op: " + spec.text() + "\nmachine: " + machine + "\nchoice: " + choice.text() +
         "\nfeatures: " + features + "\ninstructions: " + instructions + "\n" +
         (assembler.empty() ? "" : "assembler: " + assembler + "\n");
}

KernelRequest KernelRequest::parse(std::string_view text) {
  return {.spec = OpSpec::parse(field_of(text, "op")),
          .machine = field_of(text, "machine"),
          .choice = Choice::parse(field_of(text, "choice")),
          .features = field_of(text, "features"),
          .instructions = field_of(text, "instructions"),
          .assembler = find_field(text, "assembler").value_or("")};
}

std::string KernelRequest::hash() const {
  return sha256_hex(fmt::format("{}vitgen: {}\nhalide: {}\nllvm: {}\nrule version: {}\n", text(),
                                kVersion, kHalideVersion, kLlvmVersion,
                                rule_version(spec.op, choice.rule).value_or(0)));
}

std::string KernelRequest::cache_key() const {
  return sha256_hex(text() + "vitgen: " + std::string(build_id()) + "\n");
}

std::string kernel_name(const OpSpec& spec) {
  std::string sizes;
  std::string words;
  for (const auto& [key, value] : spec.fields.values) {
    if (std::ranges::all_of(value, [](unsigned char c) { return std::isdigit(c); })) {
      if (value.size() > 1 || value > "1") sizes += (sizes.empty() ? "" : "x") + value;
    } else if (value != "none" && std::ranges::all_of(value, [](unsigned char c) {
                 return std::isalnum(c) || c == '_';
               })) {
      words += "_" + value;
    }
  }
  return spec.op + (sizes.empty() ? "" : "_" + sizes) + words + "_" +
         sha256_hex(spec.text()).substr(0, 8);
}

Halide::Target kernel_target(const KernelRequest& request) {
  const Machine& machine =
      find_machine(request.instructions.empty() ? request.machine : request.instructions);
  return Halide::Target(std::string(machine.halide_target) + std::string(kProductFeatures) +
                        request.features);
}

namespace {

Halide::Module lower(const KernelRequest& request, const Algorithm& algorithm) {
  return pipeline(algorithm).compile_to_module(
      {algorithm.arguments.begin(), algorithm.arguments.end()}, std::string(kKernelSymbol),
      kernel_target(request), Halide::LinkageType::External);
}

KernelScratch compile_object(const KernelRequest& request, const Machine& machine,
                             const KernelFiles& files) {
  const Algorithm algorithm = build(request.spec, machine, request.choice);
  const Halide::Module module = lower(request, algorithm);
  std::map<Halide::OutputFileType, std::string> outputs = {
      {Halide::OutputFileType::object, files.object.string()}};
  if (!files.assembly.empty()) outputs[Halide::OutputFileType::assembly] = files.assembly.string();
  if (!files.stmt.empty()) outputs[Halide::OutputFileType::stmt] = files.stmt.string();
  module.compile(outputs);
  add_microkernels(files.object, algorithm,
                   request.instructions.empty() ? machine : find_machine(request.instructions));
  return kernel_scratch(module, kernel_target(request));
}

// A kernel that a rule writes itself has no loop nest; its launches say most of it.
DeviceKernel make_device_kernel(const KernelRequest& request, const Machine& machine,
                                const std::filesystem::path& stmt) {
  if (auto written = device_kernel(request.spec, machine, request.choice)) {
    if (!stmt.empty()) write_aside(stmt.string(), launches_text(*written) + "\n");
    return std::move(*written);
  }
  const Halide::Module module = lower(request, build(request.spec, machine, request.choice));
  if (!stmt.empty()) module.compile({{Halide::OutputFileType::stmt, stmt.string()}});
  return extract_device_kernel(module);
}

void compile_device_file(const KernelRequest& request, const Machine& machine,
                         const KernelFiles& files) {
  const DeviceKernel kernel = make_device_kernel(request, machine, files.stmt);
  if (!files.assembly.empty()) write_aside(files.assembly.string(), kernel.ptx);
  write_aside(files.object.string(), device_file_text({.kernel = kernel, .cubin = {}}));
}

}  // namespace

KernelObject compile_kernel(const KernelRequest& request, const KernelFiles& files) try {
  const Machine& machine = find_machine(request.machine);
  KernelObject kernel = {.name = kernel_name(request.spec),
                         .machine = request.machine,
                         .symbol = {},
                         .object = files.object,
                         .choice = request.choice.text(),
                         .hash = request.hash()};
  if (is_device_row(machine)) {
    compile_device_file(request, machine, files);
    return kernel;
  }
  const KernelScratch scratch = compile_object(request, machine, files);
  kernel.symbol = kKernelSymbol;
  kernel.shared_scratch = scratch.shared;
  kernel.task_scratch = scratch.task;
  return kernel;
} catch (const Halide::Error& error) {
  std::string message = error.what();
  std::ranges::replace(message, '\n', ' ');
  throw Error(ExitCode::internal, "KERNEL_COMPILE",
              request.spec.text() + " with " + request.choice.text() + ": " + message);
}

}  // namespace vitgen
