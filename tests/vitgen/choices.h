#pragma once
// Libraries of the small model, generated with the schedules that a test wants.

#include <string>
#include <vector>

#include "schedules/tuning/database.h"
#include "schedules/tuning/document.h"
#include "tests/vitgen/program.h"
#include "tools/emit/manifest.h"
#include "tools/vitgen/library_facts.h"

namespace vitgen {

inline constexpr const char* kForeign = "intel-6-106-6_l1d48k_l21280k_l330m_c2";

inline std::string new_path(const std::string& name) {
  static int count = 0;
  return (scratch() / (std::to_string(count++) + "_" + name)).string();
}

inline LibraryFacts facts_of(const std::string& directory) {
  return library_facts(read_manifest(directory));
}

/// The first linear of the small model's library, as a choice with one row less in its tile.
inline KnobsEntry other_tile() {
  for (const KernelFacts& kernel : facts_of(library_of("timm_vit")).kernels) {
    if (kernel.spec.op != "linear") continue;
    KnobsEntry entry{kernel.variants[0].machine, kernel.spec, kernel.variants[0].choice};
    for (auto& [key, value] : entry.choice.knobs.values) {
      if (key == "m_r") value = value == "2" ? "3" : "2";
    }
    return entry;
  }
  return {};
}

inline TuningRecord record_of(const KnobsEntry& entry, const std::string& host) {
  TuningRecord record;
  record.host = host;
  record.machine = entry.machine;
  record.spec = entry.spec;
  record.choice = entry.choice;
  record.versions = current_versions(rule_version(entry.spec.op, entry.choice.rule).value());
  record.samples = 9;
  record.median_ns = 1000;
  record.spread = 0.01;
  record.date = "2026-11-23T10:35:47Z";
  return record;
}

inline std::string database_of(const std::vector<TuningRecord>& records) {
  const std::string path = new_path("tuning.db");
  TuningDatabase::open(path).merge(records);
  return path;
}

struct Made {
  std::string directory;
  ProcessResult result;
};

/// A library of the small model, made with these options as well.
inline Made generate(const std::vector<std::string>& more) {
  Made made{new_path("library"), {}};
  std::vector<std::string> arguments = {"generate", "-m", fixture("timm_vit"),
                                        "--name",   "fx", "--emit",
                                        "a,so",     "-o", made.directory};
  arguments.insert(arguments.end(), more.begin(), more.end());
  made.result = run_vitgen(arguments);
  return made;
}

}  // namespace vitgen
