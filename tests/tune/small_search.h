#pragma once
// A search of three small kernels in a made-up world.

#include <algorithm>
#include <string>
#include <vector>

#include "generators/base/temp_dir.h"
#include "generators/ops/attention.h"
#include "generators/ops/layer_norm.h"
#include "generators/ops/linear.h"
#include "tests/tune/fake_backend.h"

namespace vitgen {

inline std::vector<TuneKernel> three_kernels() {
  return {{op_spec(LinearSpec{.rows = 50, .k = 64, .n = 96, .panel = 48}), 12},
          {op_spec(AttentionSpec{1, 50, 2, 32, 0.25f}), 12},
          {op_spec(LayerNormSpec{50, 64, 1e-6f}), 25}};
}

inline TuneSettings settings_for(FakeBackend& world) {
  TuneSettings settings;
  settings.machine = &find_machine("cpu_avx2");
  settings.host = "amd-25-1-1_l1d32k_l2512k_l332m_c2";
  settings.caches = {.l1 = 32 << 10, .l2 = 512 << 10};
  settings.selection = {.keep = 8, .random = 4, .seed = 1};
  settings.jobs = 2;
  settings.run = "run-1";
  settings.stop = world.stop();
  return settings;
}

struct Place {
  TempDir folder{temporary_directory()};
  TuningDatabase database = TuningDatabase::open(folder.path() + "/tuning.db");

  // All that is in it, without the dates.
  std::vector<std::string> content() const {
    std::vector<std::string> lines;
    for (TuningRecord record : database.records()) {
      record.date = "2026-01-01T00:00:00Z";
      lines.push_back(record_json(record).dump());
    }
    for (TuningTrial trial : database.trials()) {
      trial.date = "2026-01-01T00:00:00Z";
      lines.push_back(trial_json(trial).dump());
    }
    std::ranges::sort(lines);
    return lines;
  }
};

/// What is in use: of the records those on as many threads, else the default.
inline std::function<Choice(const OpSpec&)> records_of(const TuningDatabase& database,
                                                       const TuneSettings& settings) {
  return [&database, machine = settings.machine, host = settings.host,
          threads = settings.threads](const OpSpec& spec) {
    const auto usable = [&](const TuningRecord& record) { return record.threads == threads; };
    const auto record = database.best(host, std::string(machine->name), spec, usable);
    return record ? record->choice : choose_default(spec, *machine);
  };
}

inline const TuneWatcher kNobody = [](const TuneProgress&) {};

// Candidates of the first kernel that the search will try, without the default.
inline std::vector<std::string> tried_choices(const TuneSettings& settings) {
  std::vector<std::string> texts;
  const std::vector<KernelResult> plan = plan_search(three_kernels(), settings, nullptr);
  for (const Candidate& each : plan[0].candidates) {
    if (!each.decided && !each.is_default) texts.push_back(each.choice.text());
  }
  return texts;
}

}  // namespace vitgen
