#include "tools/vitgen/host.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "runtime/cpu.h"
#include "schedules/tuning/host.h"
#include "tools/emit/process.h"

namespace vitgen {

std::uint32_t host_cpu_features() { return rt::cpu_features(rt::cpu_read()); }

std::vector<const Machine*> host_machines() {
  const std::uint32_t have = host_cpu_features();
  std::vector<const Machine*> rows;
  for (const Machine* machine : all_machines()) {
    const bool runs = machine->kind == MachineKind::cpu && (machine->cpu_features & ~have) == 0;
    if (!machine->target.empty() && runs) rows.push_back(machine);
  }
  return rows;
}

namespace {

const Machine& target_named(std::string_view word) {
  if (word != "host") {
    const Machine& machine = find_machine(word);
    if (!machine.target.empty()) return machine;
    throw Error(ExitCode::target, "TARGET_NO_LIBRARY",
                "no library can be generated for '" + printable(word) + "' yet",
                "use one of --target host, " + known_targets());
  }
  const auto rows = host_machines();
  if (rows.empty()) {
    throw Error(ExitCode::target, "HOST_TARGET", "this CPU runs none of vitgen's CPU targets",
                "to generate for another machine use one of --target " + known_targets());
  }
  return *rows.front();
}

/// Whether `machine` is the one to run where the devices of `wanted` are of another capability.
bool serves_after(const Machine& machine, const Machine& wanted) {
  return wanted.only_capability != 0 && machine.capability != 0 && machine.only_capability == 0 &&
         machine.capability <= wanted.capability;
}

}  // namespace

std::vector<const Machine*> parse_targets(std::string_view list) {
  std::vector<const Machine*> wanted;
  while (true) {
    const std::size_t comma = list.find(',');
    wanted.push_back(&target_named(list.substr(0, comma)));
    if (comma == std::string_view::npos) break;
    list = list.substr(comma + 1);
  }
  // The runtime takes the first that can run: keep the table's order, best first.
  std::vector<const Machine*> ordered;
  for (const Machine* machine : all_machines()) {
    if (std::ranges::any_of(wanted, [&](const Machine* each) {
          return each == machine || serves_after(*machine, *each);
        })) {
      ordered.push_back(machine);
    }
  }
  return ordered;
}

std::string gpu_targets() {
  std::string list;
  for (const Machine* machine : all_machines()) {
    if (machine->capability == 0 || machine->target.empty()) continue;
    list.append(list.empty() ? "" : ", ").append(machine->target);
  }
  return list;
}

bool runs_on_gpu(const Machine& machine, int capability) {
  if (machine.capability == 0) return false;
  return machine.only_capability != 0 ? capability == machine.only_capability
                                      : capability >= machine.capability;
}

const Machine* best_gpu_machine(int capability) {
  for (const Machine* machine : all_machines()) {
    if (!machine->target.empty() && runs_on_gpu(*machine, capability)) return machine;
  }
  return nullptr;
}

std::string gpu_host(const GpuFacts& gpu) {
  return gpu_host_text({.name = gpu_name_words(gpu.name),
                        .capability = gpu.capability,
                        .multiprocessors = gpu.multiprocessors,
                        .l2 = gpu.l2_bytes,
                        .bus_bits = gpu.bus_bits});
}

std::string this_gpu_host() {
  const FoundGpus found = find_gpus();
  return found.gpus.empty() ? "" : gpu_host(found.gpus.front());
}

Assembler find_assembler() {
  const std::string in_path = find_program("ptxas");
  if (!in_path.empty()) return assembler_at(in_path);
  const std::string usual = "/usr/local/cuda/bin/ptxas";
  std::error_code ignored;
  return std::filesystem::exists(usual, ignored) ? assembler_at(usual) : Assembler{};
}

FmaIsa fma_isa(const Machine& machine) {
  const bool wide = machine.vector_bytes >= static_cast<int>(FmaIsa::avx512);
  return wide ? FmaIsa::avx512 : FmaIsa::avx2;
}

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return printable(line.substr(line.find(':') + 2));
  }
  return "unknown CPU";
}

}  // namespace vitgen
