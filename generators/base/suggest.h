#pragma once
// "Did you mean ...?" for flags, keys, tensor names and targets.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace vitgen {

/// Number of insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`,
/// or `limit + 1` once it is known to exceed `limit`. Time is O(|a| * limit).
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

/// The candidate nearest to `word`, at most a third of its length (at least 1, at most 8) away; the
/// first one on a tie; nothing when all are further.
std::optional<std::string> did_you_mean(std::string_view word,
                                        std::span<const std::string_view> candidates);
std::optional<std::string> did_you_mean(std::string_view word,
                                        std::span<const std::string> candidates);

/// `did you mean "nearest"?` or an empty string: ready to be an error's hint.
std::string suggestion_hint(std::string_view word, std::span<const std::string_view> candidates);
std::string suggestion_hint(std::string_view word, std::span<const std::string> candidates);

}  // namespace vitgen
