#pragma once
// Records and trials to test with.

#include "schedules/tuning/record.h"

namespace vitgen::testing {

inline constexpr const char* kHost = "amd-25-1-1_l1d32k_l2512k_l332m_c2";
inline constexpr const char* kOtherHost = "intel-6-106-6_l1d48k_l21280k_l330m_c2";

/// The n-th record: another spec for every n.
inline TuningRecord sample_record(int n = 0) {
  TuningRecord record;
  record.host = kHost;
  record.machine = "cpu_avx2";
  record.spec = OpSpec::parse("linear(rows=" + std::to_string(197 + n) + ",k=192,activation=none)");
  record.choice = Choice::parse("cpu/linear(m_r=6,layout=panel)");
  record.versions = current_versions(1);
  record.threads = 1;
  record.samples = 31;
  record.median_ns = 1234.5;
  record.spread = 0.015625;
  record.date = "2026-11-23T10:35:47Z";
  return record;
}

inline TuningTrial sample_trial(int ordinal = 0) {
  const TuningRecord record = sample_record();
  TuningTrial trial;
  trial.host = record.host;
  trial.machine = record.machine;
  trial.spec = record.spec;
  trial.choice = record.choice;
  trial.versions = record.versions;
  trial.threads = 2;
  trial.samples = 7;
  trial.best_ns = 1200;
  trial.median_ns = 1250.25;
  trial.run = "2026-11-23T10:35:47Z-4711";
  trial.ordinal = ordinal;
  trial.date = record.date;
  return trial;
}

}  // namespace vitgen::testing
