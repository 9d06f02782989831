#include "generators/base/suggest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace vitgen {
namespace {

/// The whole table of the optimal string alignment distance.
std::size_t distance_by_table(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      d[i][j] = std::min(
          {d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

TEST(EditDistance, agrees_with_the_full_table_up_to_its_limit) {
  std::uint64_t state = 1;
  const auto word = [&] {
    std::string text;
    state = state * 6364136223846793005u + 1442695040888963407u;
    for (std::uint64_t n = (state >> 60) % 11, bits = state >> 8; n-- > 0; bits /= 3) {
      text += static_cast<char>('a' + bits % 3);
    }
    return text;
  };
  for (int trial = 0; trial < 20000; ++trial) {
    const std::string a = word(), b = word();
    const std::size_t truth = distance_by_table(a, b);
    for (std::size_t limit = 0; limit < 6; ++limit) {
      EXPECT_EQ(edit_distance(a, b, limit), std::min(truth, limit + 1)) << a << " / " << b;
    }
  }
}

TEST(DidYouMean, names_the_nearest_candidate) {
  const std::vector<std::string> verbs = {"generate", "run", "verify", "inspect", "explain"};
  EXPECT_EQ(did_you_mean("genrate", verbs), "generate");
  EXPECT_EQ(did_you_mean("rnu", verbs), "run");
  EXPECT_EQ(
      did_you_mean("blocks.3.attn.qkv.wieght",
                   std::vector<std::string>{"blocks.3.attn.qkv.bias", "blocks.3.attn.qkv.weight"}),
      "blocks.3.attn.qkv.weight");
}

TEST(DidYouMean, is_silent_when_nothing_is_near) {
  const std::vector<std::string> verbs = {"generate", "run"};
  EXPECT_EQ(did_you_mean("quantise", verbs), std::nullopt);
  EXPECT_EQ(did_you_mean("", std::vector<std::string>{}), std::nullopt);
  EXPECT_EQ(suggestion_hint("quantise", verbs), "");
}

// As of an output that is asked for twice.
TEST(DidYouMean, does_not_propose_the_word_itself) {
  const std::vector<std::string> known = {"logits", "tokens"};
  EXPECT_EQ(suggestion_hint("logits", known), "");
  EXPECT_EQ(suggestion_hint("logit", known), "did you mean \"logits\"?");
}

TEST(DidYouMean, prints_hostile_candidates_safely) {
  EXPECT_EQ(suggestion_hint("abcd", std::vector<std::string>{"abc\n"}),
            "did you mean \"abc\\x0A\"?");
}

TEST(DidYouMean, stays_quick_for_many_long_names) {
  std::vector<std::string> names(10'000, std::string(512, 'x'));
  for (std::size_t i = 0; i < names.size(); ++i)
    names[i].replace(250, 6, std::to_string(100000 + i));
  EXPECT_TRUE(did_you_mean(std::string(512, 'x'), names).has_value());
}

}  // namespace
}  // namespace vitgen
