#pragma once
// What a search tunes for: an instruction set of this processor, or this computer's GPU.

#include <string>

#include "schedules/machine.h"
#include "tools/tune/tile_model.h"

namespace vitgen {

struct TuneTarget {
  const Machine* machine = nullptr;
  std::string host;  ///< key of its records; of a GPU's row without that GPU one that none has
  CacheBytes caches;
  std::string gpu;  ///< name; empty for a processor

  bool is_gpu() const;
};

/// `word`: of --target, "host", kGpuWord or a row's. Throws what parse_targets does; usage USAGE
/// for several; target TUNE_TARGET where this computer cannot run it, as far as `dry_run` needs it.
TuneTarget find_tune_target(const std::string& word, bool dry_run);

}  // namespace vitgen
