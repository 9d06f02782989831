#include "tools/vitgen/tune_target.h"

#include <fmt/format.h>

#include <algorithm>

#include "schedules/machine.h"
#include "schedules/tuning/host.h"
#include "tools/vitgen/host.h"

namespace vitgen {

namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& hint) {
  throw Error(ExitCode::target, "TUNE_TARGET", what, hint);
}

TuneTarget processor_target(const Machine& machine) {
  const auto here = host_machines();
  if (std::ranges::find(here, &machine) == here.end()) {
    refuse(fmt::format("this CPU cannot run {}, so nothing can be measured", machine.target),
           "tune on a computer that has it; vitgen doctor lists what runs here");
  }
  const Host host = this_host();
  return {.machine = &machine,
          .host = host_text(host),
          .caches = {.l1 = host.l1d, .l2 = host.l2},
          .gpu = {}};
}

TuneTarget gpu_target(const Machine& machine, const GpuFacts& gpu) {
  return {.machine = &machine,
          .host = gpu_host(gpu),
          .caches = {.l1 = 0, .l2 = gpu.l2_bytes},
          .gpu = gpu.name};
}

// Without a GPU candidates can be listed, but for that they must be some row's.
TuneTarget without_gpu(const Machine* machine, const std::string& missing, bool dry_run) {
  if (dry_run && machine != nullptr) {
    constexpr const char* kNobody = "none";  // no record's host
    return {.machine = machine, .host = kNobody, .caches = {}, .gpu = kNobody};
  }
  refuse(fmt::format("{}: the tuner needs a GPU to time kernels on, and there is none: {}",
                     machine == nullptr ? kGpuWord : machine->target, missing),
         "tune on a computer that has one; --dry-run with one of " + gpu_targets() +
             " lists the kernels here");
}

TuneTarget find_gpu_target(const Machine* named, bool dry_run) {
  const FoundGpus found = find_gpus();
  if (found.gpus.empty()) return without_gpu(named, found.missing, dry_run);
  const GpuFacts& gpu = found.gpus.front();
  const Machine* machine = named == nullptr ? best_gpu_machine(gpu.capability) : named;
  if (machine != nullptr && (dry_run || runs_on_gpu(*machine, gpu.capability))) {
    return gpu_target(*machine, gpu);
  }
  refuse(fmt::format("{} of compute capability {}.{} cannot run {}, so nothing can be measured",
                     gpu.name, gpu.capability / 10, gpu.capability % 10,
                     machine == nullptr ? "any of " + gpu_targets() : std::string(machine->target)),
         machine == nullptr ? "vitgen doctor lists what runs here"
                            : fmt::format("--target {} takes the best that it runs", kGpuWord));
}

}  // namespace

bool TuneTarget::is_gpu() const { return is_device_row(*machine); }

TuneTarget find_tune_target(const std::string& word, bool dry_run) {
  if (word == kGpuWord) return find_gpu_target(nullptr, dry_run);
  if (word.find(',') != std::string::npos) {
    parse_targets(word);
    throw Error(ExitCode::usage, "USAGE", "--target: one target at a time can be tuned",
                "run tune once for each; the database keeps them apart");
  }
  const Machine& machine = *parse_targets(word).front();
  return is_device_row(machine) ? find_gpu_target(&machine, dry_run) : processor_target(machine);
}

}  // namespace vitgen
