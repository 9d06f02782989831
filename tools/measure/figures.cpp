#include "tools/measure/figures.h"

#include <fmt/format.h>

namespace vitgen {

std::string fixed(double value, int decimals) { return fmt::format("{:.{}f}", value, decimals); }

int decimals_for(double value) {
  int decimals = 3;
  for (double bound = 10; value >= bound && decimals > 0; bound *= 10) --decimals;
  for (double bound = 0.1; value < bound && value > 0 && decimals < 6; bound /= 10) ++decimals;
  return decimals;
}

std::string figure(double value) { return fixed(value, decimals_for(value)); }

std::string rate_text(double gflops) {
  return gflops < 1e4 ? figure(gflops) + " GF/s" : figure(gflops * 1e-3) + " TF/s";
}

}  // namespace vitgen
