#pragma once
// Where a cell's kernels stand below the roofs of the machine.

#include <string>

#include "tools/report/kinds.h"

namespace vitgen {

/// Both axes are logarithmic: operations per operand byte, and GF/s or TF/s. Roofs are the record's
/// peak of products and the bandwidths of L2, L3 and memory; a kernel's marker has an area by its
/// share of the time and its number in the cell's table. `width` and `height` in pixels. Empty
/// without a peak.
std::string roofline(const BenchRecord& record, const CellTimes& cell, const Kinds& kinds,
                     double width, double height, std::string_view style);

}  // namespace vitgen
