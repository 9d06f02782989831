#pragma once
// One page that says how fast a library is, where the time goes, how it compares and how it was
// tuned. It needs nothing from anywhere: style, drawings and data are inside.

#include <optional>
#include <string>
#include <vector>

#include "tools/measure/bench_record.h"
#include "tools/report/history.h"
#include "tools/report/peers.h"

namespace vitgen {

struct ReportFacts {
  BenchRecord bench;
  std::string model;  ///< "vit_small_patch16_224, 3x224x224", for the heading; may be empty
  std::string input, outputs;  ///< shapes, for the header
  std::optional<PeerRecord> peers;
  std::vector<TuningHistory> tuning;
};

std::string report_page(const ReportFacts& facts);

}  // namespace vitgen
