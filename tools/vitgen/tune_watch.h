#pragma once
// A search's reports as one progress bar over all of its waves and phases.

#include <cstdint>
#include <functional>

#include "tools/emit/progress.h"
#include "tools/tune/search.h"

namespace vitgen {

/// The bar shows the larger of the time that is used up and the work that is done, and never goes
/// back; so the time left, which follows from it, is never more than what is left of the budget.
class TuneWatch {
 public:
  /// Begins the bar. `budget` in seconds, may be infinite; `peak` in GF/s, 0: not known; `seconds`:
  /// since the search began.
  TuneWatch(Progress& progress, double budget, double peak, std::function<double()> seconds);
  ~TuneWatch() { progress_.end(); }
  TuneWatch(const TuneWatch&) = delete;
  TuneWatch& operator=(const TuneWatch&) = delete;

  void operator()(const TuneProgress& now);

 private:
  Progress& progress_;
  double budget_;
  double peak_;
  std::function<double()> seconds_;
  std::uint64_t done_ = 0;
};

}  // namespace vitgen
