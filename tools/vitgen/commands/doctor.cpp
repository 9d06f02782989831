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
#include "runtime/cuda_driver.h"
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

// What the driver tells of the GPUs, or why it tells nothing.
struct Gpus {
  std::string missing;
  std::string driver;             // "CUDA 12.4"
  std::vector<int> capabilities;  // 10 major + minor, by the driver's numbers
};

int capability_of(const rt::CudaDriver& driver, int ordinal) {
  rt::CudaOrdinal device = 0;
  int major = 0;
  int minor = 0;
  const bool told =
      driver.cuDeviceGet(&device, ordinal) == rt::kCudaSuccess &&
      driver.cuDeviceGetAttribute(&major, rt::kCudaCapabilityMajor, device) == rt::kCudaSuccess &&
      driver.cuDeviceGetAttribute(&minor, rt::kCudaCapabilityMinor, device) == rt::kCudaSuccess;
  return told ? 10 * major + minor : 0;
}

Gpus find_gpus() {
  Gpus gpus;
  char buffer[256] = "";
  rt::Text text = rt::text_in(buffer, sizeof buffer);
  rt::CudaDriver driver{};
  if (rt::cuda_driver_open(driver, text) == VITGEN_API_OK) {
    rt::put_cuda_version(text, driver.version);
    gpus.driver = buffer;
    int count = 0;
    if (driver.cuDeviceGetCount(&count) != rt::kCudaSuccess) count = 0;
    for (int i = 0; i < count; ++i) gpus.capabilities.push_back(capability_of(driver, i));
    if (count == 0) gpus.missing = "the driver finds none";
  } else {
    gpus.missing = buffer;
  }
  rt::cuda_driver_close(driver);
  return gpus;
}

void print_gpus(const Gpus& gpus) {
  if (!gpus.missing.empty()) return fact("gpu", "none: " + gpus.missing);
  for (std::size_t i = 0; i < gpus.capabilities.size(); ++i) {
    const int capability = gpus.capabilities[i];
    fact("gpu", fmt::format("device {}: compute capability {}.{}, driver for {}", i,
                            capability / 10, capability % 10, gpus.driver));
  }
}

// Empty if the row's kernels run here, else what it needs.
std::string lacking(const Machine& machine, const rt::CpuState& cpu, const Gpus& gpus) {
  if (machine.kind == MachineKind::gpu) {
    const bool runs = std::ranges::any_of(gpus.capabilities, [&](int capability) {
      return machine.only_capability != 0 ? capability == machine.only_capability
                                          : capability >= machine.capability;
    });
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

void print_targets(const Gpus& gpus) {
  const rt::CpuState cpu = rt::cpu_read();
  for (const Machine* machine : all_machines()) {
    if (machine->target.empty()) continue;
    const std::string missing = lacking(*machine, cpu, gpus);
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
void print_tuning() {
  const std::string host = host_text(this_host());
  const std::vector<const Machine*> machines = host_machines();
  fact("tuning host", host);
  fact("shipped", fitting_text(shipped_records(), host, machines));
  const std::string path = default_tuning_database();
  if (path.empty()) {
    fact("tuning", "no database: set VITGEN_TUNING_DB or HOME");
    return;
  }
  try {
    const auto database = TuningDatabase::open_to_read(path);
    fact("tuning",
         database ? fmt::format("{}: {}", path, fitting_text(database->records(), host, machines))
                  : path + ": not there yet");
  } catch (const Error& error) {
    fact("tuning", error.what());
  }
}

void doctor() {
  fact("vitgen", fmt::format("{} (Halide {}, LLVM {})", kVersion, kHalideVersion, kLlvmVersion));
  fact("cpu", cpu_name());
  const Gpus gpus = find_gpus();
  print_gpus(gpus);
  print_targets(gpus);
  const int quota = rt::cgroup_cpus("");
  fact("threads", fmt::format("{} (affinity {}, cgroup quota {})", rt::usable_cpus(),
                              rt::affinity_cpus(), quota == 0 ? "none" : std::to_string(quota)));
  fact("amx", amx_permission());
  print_linker();
  print_assembler();
  print_cache();
  print_tuning();
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
