#pragma once
// Many kernels, each compiled in a process of its own, some at a time, with a cache between runs.

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "tools/emit/kernel.h"
#include "tools/emit/progress.h"

namespace vitgen {

struct FarmOptions {
  /// Program that, called as `worker kernel-worker REQUEST OBJECT [ASSEMBLER]`, does what
  /// run_kernel_worker does; the object is no place in the cache yet.
  std::filesystem::path worker;
  std::filesystem::path assembler = {};  ///< Assembler::path, for requests that want one
  std::filesystem::path cache;           ///< directory; made if absent
  int jobs = 1;
};

/// $VITGEN_CACHE, else $XDG_CACHE_HOME/vitgen, else ~/.cache/vitgen; empty if there is no home.
std::filesystem::path default_cache();

/// Makes the folder of a cache if it is absent, and removes from it what killed processes left.
/// Throws io CACHE.
void open_cache(const std::filesystem::path& cache);

/// Objects for all requests, in their order; equal requests are compiled once. A cached object
/// whose bytes no longer match its record is compiled again. Throws KERNEL_COMPILE with the
/// worker's message, or KERNEL_CRASH naming the kernel whose process died.
std::vector<KernelObject> compile_kernels(std::span<const KernelRequest> requests,
                                          const FarmOptions& options, Progress& progress);

/// The worker's side: compiles the request in file `request` and writes `object` and, last,
/// `object` + ".kernel" with what the farm needs to know. They lie in a folder of the caller's, who
/// removes it when a signal ends both, and calls publish_kernel. `assembler` is a path, for a
/// request that wants one. Throws KERNEL_ASSEMBLER beside what compile_kernel does.
void run_kernel_worker(const std::filesystem::path& request, const std::filesystem::path& object,
                       const std::filesystem::path& assembler);

}  // namespace vitgen
