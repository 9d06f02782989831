#include "tools/vitgen/tune_watch.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "tools/vitgen/tune_report.h"

namespace vitgen {

namespace {

constexpr double kUnits = 1e6;  // of the bar: a second of the longest budget is several

}  // namespace

TuneWatch::TuneWatch(Progress& progress, double budget, double peak,
                     std::function<double()> seconds)
    : progress_(progress), budget_(budget), peak_(peak), seconds_(std::move(seconds)) {
  progress_.begin("tune", static_cast<std::uint64_t>(kUnits));
}

void TuneWatch::operator()(const TuneProgress& now) {
  const double share = std::clamp(std::max(seconds_() / budget_, now.work), 0.0, 1.0);
  // Rounded up: what is left is rounded down.
  done_ = std::max(done_, static_cast<std::uint64_t>(std::ceil(kUnits * share)));
  progress_.update(done_, progress_text(now, peak_));
}

}  // namespace vitgen
