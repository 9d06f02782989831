// Races and pairs with a clock that the test makes.

#include "tools/tune/racing.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>

namespace vitgen {
namespace {

using ::testing::ElementsAre;

std::vector<int> numbers(int count) {
  std::vector<int> list(static_cast<std::size_t>(count));
  std::iota(list.begin(), list.end(), 0);
  return list;
}

// Candidate n takes 1 + n percent; noise only adds, as on a real machine.
struct FakeClock {
  std::mt19937 random{7};
  std::map<int, int> calls = {};
  double noise = 0;

  Sample operator()(int number) {
    ++calls[number];
    const double luck = static_cast<double>(random() % 1000) / 1000;
    return {.seconds = (1 + 0.01 * number) * (1 + noise * luck)};
  }
};

TEST(Race, TheFastestIsFirstAndSlowOnesAreDroppedInTurn) {
  FakeClock clock;
  std::vector<int> dropped;
  RaceOptions options;
  options.dropped = [&](const Timed& each) { dropped.push_back(each.number); };
  const std::vector<Timed> left = race(numbers(40), [&](int n) { return clock(n); }, options);
  ASSERT_FALSE(left.empty());
  EXPECT_EQ(left.front().number, 0);
  EXPECT_EQ(left.size(), 4u);     // 0 to 3 percent slower
  EXPECT_EQ(clock.calls[39], 1);  // over 1.25 after the first round
  EXPECT_EQ(clock.calls[20], 3);  // over 1.1 after the third
  EXPECT_EQ(clock.calls[5], 5);   // over 1.03 after the fifth
  EXPECT_EQ(clock.calls[1], 6);
  EXPECT_EQ(dropped.size(), 36u);
}

TEST(Race, NoiseThatOnlyAddsDoesNotHideTheBest) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    FakeClock clock{.random = std::mt19937(seed), .noise = 0.1};
    RaceOptions options;
    options.seed = seed;
    const auto left = race(numbers(30), [&](int n) { return clock(n); }, options);
    ASSERT_FALSE(left.empty());
    EXPECT_LE(left.front().number, 5) << seed;
  }
}

TEST(Race, TheSameSeedAsksInTheSameOrderAndAnotherInAnother) {
  const auto order = [](std::uint32_t seed) {
    std::vector<int> asked;
    RaceOptions options;
    options.seed = seed;
    race(
        numbers(20),
        [&](int n) {
          asked.push_back(n);
          return Sample{.seconds = 1.0};
        },
        options);
    return asked;
  };
  EXPECT_EQ(order(1), order(1));
  EXPECT_NE(order(1), order(2));
  // Round by round, each once.
  std::vector<int> first = order(1);
  first.resize(20);
  std::ranges::sort(first);
  EXPECT_EQ(first, numbers(20));
}

TEST(Race, OneThatFailsIsDroppedAndTheOthersGoOn) {
  std::vector<std::string> reasons;
  RaceOptions options;
  options.dropped = [&](const Timed& each) { reasons.push_back(each.last.reason); };
  const auto left = race(
      numbers(3),
      [](int n) {
        return n == 0 ? Sample{.seconds = {}, .reason = "gone"} : Sample{.seconds = 1.0};
      },
      options);
  EXPECT_EQ(left.size(), 2u);
  EXPECT_THAT(reasons, ElementsAre("gone"));
}

TEST(Race, ASampleThatIsInterruptedEndsTheRoundsAndDropsNobody) {
  int asked = 0;
  RaceOptions options;
  options.dropped = [&](const Timed& each) { ADD_FAILURE() << each.number; };
  const auto left = race(
      numbers(4),
      [&](int) { return ++asked == 7 ? Sample{.interrupted = true} : Sample{.seconds = 1.0}; },
      options);
  EXPECT_EQ(asked, 7);
  EXPECT_EQ(left.size(), 4u);
}

TEST(Race, AStopKeepsWhatWasMeasured) {
  int asked = 0;
  RaceOptions options;
  options.stop = [&] { return asked == 25; };
  const auto left = race(
      numbers(10),
      [&](int n) {
        ++asked;
        return Sample{.seconds = 1.0 + 0.001 * n};
      },
      options);
  EXPECT_EQ(asked, 25);
  ASSERT_FALSE(left.empty());
  EXPECT_EQ(left.front().number, 0);
}

TEST(Pairs, TimesBothInTurnsAndInRandomOrder) {
  std::vector<int> asked;
  const Pairs pairs = time_pairs(
      3, 5, 30,
      [&](int n) {
        asked.push_back(n);
        return Sample{.seconds = static_cast<double>(n)};
      },
      1, [] { return false; });
  EXPECT_TRUE(pairs.complete);
  EXPECT_EQ(pairs.a, std::vector<double>(30, 3.0));
  EXPECT_EQ(pairs.b, std::vector<double>(30, 5.0));
  int a_first = 0;
  for (std::size_t i = 0; i < asked.size(); i += 2) {
    EXPECT_NE(asked[i], asked[i + 1]);
    a_first += asked[i] == 3;
  }
  EXPECT_GT(a_first, 5);
  EXPECT_LT(a_first, 25);
}

TEST(Pairs, AreIncompleteAfterAFailureOrAStop) {
  const auto never = [] { return false; };
  const auto fails = [](int n) { return n == 5 ? Sample{} : Sample{.seconds = 1.0}; };
  const Pairs failed = time_pairs(3, 5, 30, fails, 1, never);
  EXPECT_FALSE(failed.complete);
  EXPECT_EQ(failed.failed, 5);
  const auto works = [](int) { return Sample{.seconds = 1.0}; };
  const Pairs stopped = time_pairs(3, 5, 30, works, 1, [] { return true; });
  EXPECT_FALSE(stopped.complete);
  EXPECT_FALSE(stopped.failed);
}

}  // namespace
}  // namespace vitgen
