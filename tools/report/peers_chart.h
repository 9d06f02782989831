#pragma once
// The paired ratios of other programs with their intervals.

#include <string>
#include <vector>

#include "tools/report/peers.h"

namespace vitgen {

/// One row per cell, one marker per program at the ratio of the times: left of 1 vitgen is faster.
std::string peers_chart(const PeerRecord& record, double width, std::string_view style);

/// The programs in the order of their first appearance.
std::vector<std::string> program_names(const PeerRecord& record);

/// The same with their markers; HTML.
std::string peers_legend(const PeerRecord& record);

}  // namespace vitgen
