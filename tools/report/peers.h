#pragma once
// Other programs on the same models: what tools/bench_peers.py measured.

#include <string>
#include <vector>

#include "generators/base/json.h"
#include "tools/measure/statistics.h"

namespace vitgen {

struct PeerFigures {
  std::string name;
  double least_ms = 0;
  double median_ms = 0;
  Interval ratio;  ///< time of vitgen over this program's, paired
};

struct PeerCell {
  std::string model;
  int threads = 1;
  int batch = 1;
  double own_least_ms = 0;
  double own_median_ms = 0;
  std::vector<PeerFigures> programs;  ///< without vitgen
  std::size_t best = 0;               ///< the fastest of them: the one with the largest ratio
};

struct PeerRecord {
  std::string cpu, date;
  std::vector<std::pair<std::string, std::string>> versions;
  std::vector<PeerCell> cells;

  double geometric_mean() const;  ///< of the ratios to the fastest
};

/// Throws bad_input PEERS_JSON, PEERS_FIELD, PEERS_RANGE naming the place, io IO_*.
PeerRecord read_peers(const std::string& path);
PeerRecord parse_peers(const JsonFile& file);
JsonCodes peers_codes();

/// What the page carries.
Json peers_json(const PeerRecord& record);

}  // namespace vitgen
