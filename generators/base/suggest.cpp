#include "generators/base/suggest.h"

#include <algorithm>
#include <array>
#include <vector>

#include "generators/base/error.h"

namespace vitgen {
namespace {

std::size_t distance_of_lengths(std::string_view a, std::string_view b) {
  return a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  const std::size_t beyond = limit + 1;
  if (distance_of_lengths(a, b) > limit) return beyond;
  // Rows i-2, i-1 and i of the table; only cells within `limit` of the diagonal are filled.
  std::array<std::vector<std::size_t>, 3> rows;
  rows.fill(std::vector<std::size_t>(b.size() + 1, beyond));
  for (std::size_t j = 0; j <= std::min(b.size(), limit); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    const auto& two_up = rows[(i + 1) % 3];
    const auto& up = rows[(i + 2) % 3];
    auto& row = rows[i % 3];
    const std::size_t first = i > limit ? i - limit : 1;
    const std::size_t last = std::min(b.size(), i + limit);
    row[first - 1] = i <= limit ? i : beyond;
    if (last < b.size()) row[last + 1] = beyond;
    std::size_t best = row[first - 1];
    for (std::size_t j = first; j <= last; ++j) {
      const std::size_t replace = up[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replace, up[j] + 1, row[j - 1] + 1, beyond});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], two_up[j - 2] + 1);
      best = std::min(best, row[j]);
    }
    if (best > limit) return beyond;
  }
  return rows[a.size() % 3][b.size()];
}

namespace {

template <class Text>
std::optional<std::string> nearest(std::string_view word, std::span<const Text> candidates) {
  std::size_t limit = std::clamp<std::size_t>(word.size() / 3, 1, 8);
  std::optional<std::string> best;
  for (const Text& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate, limit);
    if (distance > limit) continue;
    best = std::string(candidate);
    if (distance == 0) break;
    limit = distance - 1;
  }
  return best;
}

template <class Text>
std::string hint_of(std::string_view word, std::span<const Text> candidates) {
  const auto best = nearest(word, candidates);
  return best && *best != word ? "did you mean \"" + printable(*best) + "\"?" : "";
}

}  // namespace

std::optional<std::string> did_you_mean(std::string_view word,
                                        std::span<const std::string_view> candidates) {
  return nearest(word, candidates);
}

std::optional<std::string> did_you_mean(std::string_view word,
                                        std::span<const std::string> candidates) {
  return nearest(word, candidates);
}

std::string suggestion_hint(std::string_view word, std::span<const std::string_view> candidates) {
  return hint_of(word, candidates);
}

std::string suggestion_hint(std::string_view word, std::span<const std::string> candidates) {
  return hint_of(word, candidates);
}

}  // namespace vitgen
