#pragma once
// The parts of the page; HTML.

#include <string>

#include "tools/report/html.h"
#include "tools/report/kinds.h"
#include "tools/report/report.h"

namespace vitgen {

std::string figures_section(const BenchRecord& record, const Source& bench);
std::string time_section(const BenchRecord& record, const Kinds& kinds);
std::string cells_section(const BenchRecord& record, const Kinds& kinds, const Source& bench);
std::string peers_section(const PeerRecord& record, const Source& peers);
std::string tuning_section(const std::vector<TuningHistory>& histories, const Source& tuning);
std::string machine_section(const BenchRecord& record, const Source& bench);

/// "2 threads, batch 8"
std::string cell_text(int threads, int batch);

}  // namespace vitgen
