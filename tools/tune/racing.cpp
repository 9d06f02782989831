#include "tools/tune/racing.h"

#include <algorithm>
#include <limits>
#include <random>

#include "tools/tune/shuffle.h"

namespace vitgen {

namespace {

void take_sample(Timed& each, const Sampler& sampler) {
  each.last = sampler(each.number);
  each.failed = !each.last.seconds && !each.last.interrupted;
  if (each.last.seconds) each.samples.push_back(*each.last.seconds);
}

double best_of(const std::vector<Timed>& list) {
  double best = std::numeric_limits<double>::infinity();
  for (const Timed& each : list) best = std::min(best, each.best());
  return best;
}

}  // namespace

double Timed::best() const {
  return samples.empty() ? std::numeric_limits<double>::infinity() : std::ranges::min(samples);
}

std::vector<Timed> race(const std::vector<int>& numbers, const Sampler& sampler,
                        const RaceOptions& options) {
  std::vector<Timed> left;
  for (const int number : numbers) left.push_back({.number = number, .samples = {}});
  std::mt19937 random(options.seed);
  const auto by_number = [](const Timed& a, const Timed& b) { return a.number < b.number; };
  bool stopped = false;
  for (const double limit : kRaceLimits) {
    shuffle(std::span(left), random);
    for (Timed& each : left) {
      if ((stopped = options.stop())) break;
      take_sample(each, sampler);
      if ((stopped = each.last.interrupted)) break;
    }
    std::ranges::sort(left, by_number);
    if (stopped) break;
    const double best = best_of(left);
    const auto drop = [&](const Timed& each) { return each.failed || each.best() > limit * best; };
    for (const Timed& each : left) {
      if (drop(each)) options.dropped(each);
    }
    std::erase_if(left, drop);
  }
  std::ranges::sort(left, {},
                    [](const Timed& each) { return std::pair(each.best(), each.number); });
  return left;
}

Pairs time_pairs(int a, int b, int count, const Sampler& sampler, std::uint32_t seed,
                 const std::function<bool()>& stop) {
  Pairs pairs;
  std::mt19937 random(seed);
  for (int i = 0; i < count; ++i) {
    if (stop()) return pairs;
    const bool a_first = random() % 2 == 0;
    for (const bool of_a : {a_first, !a_first}) {
      pairs.last = sampler(of_a ? a : b);
      if (!pairs.last.seconds) {
        pairs.failed = of_a ? a : b;
        return pairs;
      }
      (of_a ? pairs.a : pairs.b).push_back(*pairs.last.seconds);
    }
  }
  pairs.complete = true;
  return pairs;
}

}  // namespace vitgen
