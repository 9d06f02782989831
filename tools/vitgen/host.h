#pragma once
// The machine that vitgen runs on.

#include <string>
#include <vector>

#include "schedules/machine.h"
#include "tools/emit/assembler.h"
#include "tools/measure/fma_peak.h"
#include "tools/measure/gpu_facts.h"

namespace vitgen {

/// Bits of vitgen_cpu_feature that this CPU has and the system has enabled.
std::uint32_t host_cpu_features();

/// The CPU rows that this machine can run, best first.
std::vector<const Machine*> host_machines();

/// Rows named by a comma-separated list of targets; "host" is the best CPU row of this machine. A
/// row that only one capability runs brings along those that serve the devices after it. Best
/// first, without repetition. Throws UNKNOWN_TARGET, HOST_TARGET.
std::vector<const Machine*> parse_targets(std::string_view list);

/// What the command line calls the best row that this computer's GPU runs.
inline constexpr std::string_view kGpuWord = "cuda";

/// The command-line targets of the rows for GPUs, as known_targets().
std::string gpu_targets();

/// Whether a GPU of this compute capability, 80 for 8.0, runs a row's kernels.
bool runs_on_gpu(const Machine& machine, int capability);

/// The best row of those; null: none.
const Machine* best_gpu_machine(int capability);

/// The key of a GPU's tuning records.
std::string gpu_host(const GpuFacts& gpu);

/// The same of the first GPU here; empty where there is none. Opens the driver.
std::string this_gpu_host();

/// The multiply-adds that a CPU row's peak is measured with: those of its vectors.
FmaIsa fma_isa(const Machine& machine);

/// The assembler for kernels on GPUs: in PATH, else where its toolkit usually is; none without
/// both.
Assembler find_assembler();

/// "AMD EPYC 7763" from /proc/cpuinfo, or "unknown CPU".
std::string cpu_name();

}  // namespace vitgen
