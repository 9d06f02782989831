#include "tools/tune/candidates.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "generators/base/sha256.h"
#include "tools/tune/shuffle.h"

namespace vitgen {

namespace {

std::vector<Candidate> whole_space(const OpSpec& spec, const Machine& machine,
                                   const CacheBytes& caches) {
  const Choice usual = choose_default(spec, machine);
  std::vector<Candidate> all;
  for (const RuleEntry& rule : all_rules()) {
    if (rule.op != spec.op) continue;
    for (const Fields& knobs : rule.space(spec, machine)) {
      Candidate candidate;
      candidate.choice = {std::string(rule.name), knobs};
      candidate.rule_version = rule.version;
      candidate.is_default = candidate.choice == usual;
      candidate.model = estimate_tile(spec, machine, candidate.choice, caches);
      all.push_back(std::move(candidate));
    }
  }
  return all;
}

bool before(const Candidate& a, const Candidate& b) {
  if (a.is_default != b.is_default) return a.is_default;
  if (a.model.reject.empty() != b.model.reject.empty()) return a.model.reject.empty();
  if (a.model.cycles != b.model.cycles) return a.model.cycles < b.model.cycles;
  return a.ordinal < b.ordinal;
}

std::uint32_t seed_of(const OpSpec& spec, std::uint32_t seed) {
  const std::string digits = sha256_hex(spec.text()).substr(0, 8);
  return static_cast<std::uint32_t>(std::stoul(digits, nullptr, 16)) ^ seed;
}

void leave_out(Candidate& candidate, double best, std::size_t place, std::size_t count) {
  candidate.decided = true;
  candidate.status = TrialStatus::rejected_model;
  candidate.reason = !candidate.model.reject.empty()
                         ? candidate.model.reject
                         : fmt::format("number {} of {} by the model, {:.2f} times the best",
                                       place + 1, count, candidate.model.cycles / best);
}

}  // namespace

Selection selection_for(int trials, std::uint32_t seed) {
  Selection selection;
  selection.seed = seed;
  if (trials <= 0) return selection;
  selection.random = trials / 4;
  selection.keep = trials - selection.random;
  return selection;
}

std::vector<Candidate> enumerate_candidates(const OpSpec& spec, const Machine& machine,
                                            const CacheBytes& caches, const Selection& selection) {
  std::vector<Candidate> all = whole_space(spec, machine, caches);
  if (all.empty()) return all;
  for (std::size_t i = 0; i < all.size(); ++i) all[i].ordinal = static_cast<int>(i);
  std::ranges::sort(all, before);
  const double best = std::ranges::min_element(all, {}, [](const Candidate& each) {
                        return each.model.cycles;
                      })->model.cycles;
  const auto fits = [](const Candidate& each) {
    return each.is_default || each.model.reject.empty();
  };
  const auto sensible = static_cast<std::size_t>(std::ranges::count_if(all, fits));
  const auto keep = std::min(sensible, static_cast<std::size_t>(std::max(1, selection.keep)));
  for (std::size_t i = 0; i < all.size(); ++i) all[i].ordinal = static_cast<int>(i);
  std::mt19937 random(seed_of(spec, selection.seed));
  shuffle(std::span(all).subspan(keep, sensible - keep), random);
  const auto tried = std::min(sensible, keep + static_cast<std::size_t>(selection.random));
  for (std::size_t i = tried; i < all.size(); ++i) {
    leave_out(all[i], best, static_cast<std::size_t>(all[i].ordinal), all.size());
  }
  for (std::size_t i = 0; i < all.size(); ++i) all[i].ordinal = static_cast<int>(i);
  return all;
}

}  // namespace vitgen
