#pragma once
// Successive halving: all candidates are timed in rounds, in another random order each round so
// that a drift of the clock hits them alike; after each round those that are clearly slower than
// the best are dropped. Noise only adds time, so a candidate is judged by its shortest sample.

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

struct HalvingOptions {
  std::uint32_t seed = 1;
  /// After round r those slower than limits[r] times the best are dropped.
  std::vector<double> limits = {1.25, 1.25, 1.1, 1.1, 1.03, 1.03};
  /// Asked before each sample; true: end now.
  std::function<bool()> stop = [] { return false; };
  /// Told as soon as one is dropped or has failed.
  std::function<void(const Timed&)> dropped = [](const Timed&) {};
  std::function<void(const Timed&)> sampled = [](const Timed&) {};
};

/// Those left after the last round (or with the stop), the fastest first; empty without any.
std::vector<Timed> halve(const std::vector<int>& numbers, const Sampler& sampler,
                         const HalvingOptions& options);

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
