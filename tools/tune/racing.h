#pragma once
// A race: all candidates are timed in rounds, in another random order each round so that a drift of
// the clock hits them alike; after each round those that are clearly slower than the best are
// dropped. (Maron and Moore 1997; F-race and irace do so by a test, this by limits.) Noise only
// adds time, so a candidate is judged by its shortest sample.

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace vitgen {

/// Seconds per call, or why there is none.
struct Sample {
  std::optional<double> seconds = {};
  bool timed_out = false;
  bool interrupted = false;  ///< for lack of time: nothing is known of the candidate
  std::string reason = {};
};
/// Times candidate `number` once.
using Sampler = std::function<Sample(int number)>;

struct Timed {
  int number = 0;
  std::vector<double> samples;
  bool failed = false;  ///< gave no time in the last round; `last` says why
  Sample last = {};
  double best() const;
};

/// Seconds of a sample: the clock and the first call's misses vanish in it.
inline constexpr double kSampleSeconds = 2e-3;

/// After round r those slower than kRaceLimits[r] times the best are dropped. Chosen, not derived:
/// one sample or two may have met another program or a clock that was not up yet, so a quarter is
/// allowed; of six the shortest is within a few percent, and what is less is for the pairs to
/// decide. A limit too low loses a candidate, one too high some samples.
inline constexpr std::array<double, 6> kRaceLimits = {1.25, 1.25, 1.1, 1.1, 1.03, 1.03};

/// That a candidate lasts on average, for a budget: half of them.
inline constexpr double kRoundsEach = kRaceLimits.size() / 2.0;

struct RaceOptions {
  std::uint32_t seed = 1;
  /// Asked before each sample; true: end now.
  std::function<bool()> stop = [] { return false; };
  /// Told as soon as one is dropped or has failed.
  std::function<void(const Timed&)> dropped = [](const Timed&) {};
};

/// Those left after the last round (or with the stop), the fastest first; empty without any.
std::vector<Timed> race(const std::vector<int>& numbers, const Sampler& sampler,
                        const RaceOptions& options);

/// Two candidates timed in turns: seconds of each, pair by pair.
struct Pairs {
  std::vector<double> a, b;
  bool complete = false;
  std::optional<int> failed = {};  ///< the one that gave no time; `last` says why
  Sample last = {};
};

/// `count` pairs, each in random order.
Pairs time_pairs(int a, int b, int count, const Sampler& sampler, std::uint32_t seed,
                 const std::function<bool()>& stop);

}  // namespace vitgen
