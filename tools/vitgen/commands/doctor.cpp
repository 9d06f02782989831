// vitgen doctor: what this machine can do with vitgen, one line a fact.

#include <fmt/core.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "generators/base/version.h"
#include "runtime/cpu.h"
#include "runtime/cpu_count.h"
#include "schedules/tuning/database.h"
#include "schedules/tuning/host.h"
#include "schedules/tuning/shipped.h"
#include "tools/emit/file_names.h"
#include "tools/emit/kernel_farm.h"
#include "tools/emit/shared_library.h"
#include "tools/vitgen/command.h"
#include "tools/vitgen/host.h"
#include "tools/vitgen/known_hosts.h"
#include "vitgen_api.h"

namespace vitgen {

void add_doctor(CLI::App& app, const Console& console);

namespace {

void fact(std::string_view name, std::string_view value) { fmt::print("{:<14}{}\n", name, value); }

void print_gpus(const FoundGpus& found) {
  if (!found.missing.empty()) return fact("gpu", "none: " + found.missing);
  for (std::size_t i = 0; i < found.gpus.size(); ++i) {
    const GpuFacts& gpu = found.gpus[i];
    fact("gpu", fmt::format("device {}: {}, compute capability {}.{}, driver for {}", i, gpu.name,
                            gpu.capability / 10, gpu.capability % 10, found.driver));
  }
}

// Empty if the row's kernels run here, else what it needs.
std::string lacking(const Machine& machine, const rt::CpuState& cpu, const FoundGpus& found) {
  if (machine.kind == MachineKind::gpu) {
    const bool runs = std::ranges::any_of(
        found.gpus, [&](const GpuFacts& gpu) { return runs_on_gpu(machine, gpu.capability); });
    const int wanted = machine.capability;
    return runs ? ""
                : fmt::format("GPU of compute capability {}.{}{}", wanted / 10, wanted % 10,
                              machine.only_capability != 0 ? "" : " or later");
  }
  if ((machine.cpu_features & ~rt::cpu_features(cpu)) == 0) return {};
  char buffer[512] = "";
  rt::Text text = rt::text_in(buffer, sizeof buffer);
  rt::cpu_missing(cpu, machine.cpu_features, text);
  return buffer;
}

void print_targets(const FoundGpus& found) {
  const rt::CpuState cpu = rt::cpu_read();
  for (const Machine* machine : all_machines()) {
    if (machine->target.empty()) continue;
    const std::string missing = lacking(*machine, cpu, found);
    fact("target", missing.empty() ? fmt::format("{}: runs here", machine->target)
                                   : fmt::format("{}: generated here, does not run here (no {})",
                                                 machine->target, missing));
  }
}

void print_assembler() {
  const Assembler assembler = find_assembler();
  fact("assembler", assembler.path.empty()
                        ? "no ptxas: kernels for GPUs stay PTX, which the driver compiles"
                        : fmt::format("{} ({})", assembler.path, assembler.version));
}

// AMX state needs a permission that the kernel grants per process; XCR0 does not show it.
std::string amx_permission() {
  constexpr long kGetPermission = 0x1022;
  constexpr unsigned long kTileData = 1ul << 18;
  unsigned long mask = 0;
  if (syscall(SYS_arch_prctl, kGetPermission, &mask) != 0) return "not offered by this system";
  return (mask & kTileData) != 0 ? "granted"
                                 : "not requested (a program asks for it when it needs it)";
}

void print_linker() {
  const std::vector<Linker> linkers = find_linkers();
  fact("linker",
       linkers.empty()
           ? "none: generate writes the static library only (install binutils or a compiler)"
           : fmt::format("{} (for {})", linkers.front().path, shared_library_name("<name>")));
}

void print_cache() {
  const std::filesystem::path cache = default_cache();
  if (cache.empty()) {
    fact("kernel cache", "none: set VITGEN_CACHE or HOME");
    return;
  }
  std::error_code failed;
  std::filesystem::create_directories(cache, failed);
  const bool writable = !failed && access(cache.c_str(), W_OK) == 0;
  fact("kernel cache", cache.string() + (writable ? "" : " (cannot be written)"));
}

// What `generate` will find, and what keeps it from that.
void print_tuning(const FoundGpus& found) {
  TuningHosts hosts{.processor = host_text(this_host()), .gpu = {}};
  std::vector<const Machine*> machines = host_machines();
  fact("tuning host", hosts.processor);
  if (!found.gpus.empty()) {  // the first is the one that is tuned, and that libraries run on
    hosts.gpu = gpu_host(found.gpus.front());
    fact("tuning gpu", hosts.gpu);
    for (const Machine* each : all_machines()) {
      if (runs_on_gpu(*each, found.gpus.front().capability)) machines.push_back(each);
    }
  }
  fact("shipped", fitting_text(shipped_records(), hosts, machines));
  const std::string path = default_tuning_database();
  if (path.empty()) {
    fact("tuning", "no database: set VITGEN_TUNING_DB or HOME");
    return;
  }
  try {
    const auto database = TuningDatabase::open_to_read(path);
    fact("tuning",
         database ? fmt::format("{}: {}", path, fitting_text(database->records(), hosts, machines))
                  : path + ": not there yet");
  } catch (const Error& error) {
    fact("tuning", error.what());
  }
}

void doctor() {
  fact("vitgen", fmt::format("{} (Halide {}, LLVM {})", kVersion, kHalideVersion, kLlvmVersion));
  fact("cpu", cpu_name());
  const FoundGpus found = find_gpus();
  print_gpus(found);
  print_targets(found);
  const int quota = rt::cgroup_cpus("");
  fact("threads", fmt::format("{} (affinity {}, cgroup quota {})", rt::usable_cpus(),
                              rt::affinity_cpus(), quota == 0 ? "none" : std::to_string(quota)));
  fact("amx", amx_permission());
  print_linker();
  print_assembler();
  print_cache();
  print_tuning(found);
  const bool works = !host_machines().empty();
  fact("verdict", works ? "generate, run and verify work here"
                        : "generate works; run needs a CPU for one of " + known_targets());
  if (!works) throw Error(ExitCode::check_failed, "DOCTOR", "no target of vitgen runs on this CPU");
}

}  // namespace

void add_doctor(CLI::App& app, const Console&) {
  app.add_subcommand("doctor", "Tell what works on this machine: CPU, GPU, threads, linker, cache")
      ->callback(doctor);
}

}  // namespace vitgen
