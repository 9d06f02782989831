#include "tools/measure/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tools/measure/figures.h"

namespace vitgen {
namespace {

TEST(Statistics, PercentilesInterpolateBetweenTheNearestSortedValues) {
  const std::vector<double> values = {40, 10, 30, 20};
  EXPECT_DOUBLE_EQ(percentile(values, 0), 10);
  EXPECT_DOUBLE_EQ(percentile(values, 100), 40);
  EXPECT_DOUBLE_EQ(percentile(values, 50), 25);
  EXPECT_DOUBLE_EQ(percentile(values, 90), 37);  // 30 + 0.7 of the way to 40
  EXPECT_DOUBLE_EQ(median(std::vector<double>{3, 1, 2}), 2);
  EXPECT_DOUBLE_EQ(percentile(std::vector<double>{7}, 99), 7);
  EXPECT_TRUE(std::isnan(median({})));
}

TEST(Statistics, SpreadIsTheQuartilesDistanceOverTheMedian) {
  EXPECT_DOUBLE_EQ(relative_spread(std::vector<double>{1, 2, 3, 4, 5}), 2.0 / 3);
  EXPECT_DOUBLE_EQ(relative_spread(std::vector<double>{2, 2, 2}), 0);
  EXPECT_DOUBLE_EQ(relative_spread(std::vector<double>{2}), 0);
}

TEST(Statistics, GeometricMeanOfReciprocalsIsOne) {
  EXPECT_DOUBLE_EQ(geometric_mean(std::vector<double>{4, 0.25}), 1);
  EXPECT_TRUE(std::isnan(geometric_mean({})));
}

TEST(Statistics, BootstrapIsTheSameForTheSameSeedAndHoldsTheMedian) {
  std::vector<double> values;
  for (int i = 0; i < 31; ++i) values.push_back(1 + 0.01 * ((7 * i) % 31));
  const Interval first = bootstrap_median(values);
  EXPECT_EQ(first, bootstrap_median(values));
  EXPECT_DOUBLE_EQ(first.value, median(values));
  EXPECT_LT(first.low, first.value);
  EXPECT_GT(first.high, first.value);
  EXPECT_GE(first.low, 1);
  EXPECT_LE(first.high, 1.3);
}

TEST(Statistics, AnIntervalOfOneValueIsThatValue) {
  EXPECT_EQ(bootstrap_median(std::vector<double>{3}), (Interval{3, 3, 3}));
}

TEST(Statistics, PairedRatioCancelsWhatBothSeriesShare) {
  std::vector<double> a, b;
  for (int i = 0; i < 20; ++i) {
    const double drift = 1 + i;  // the machine gets 20 times slower
    a.push_back(0.8 * drift);
    b.push_back(drift);
  }
  b.push_back(1000);  // no partner
  const Interval ratio = paired_ratio(a, b);
  EXPECT_NEAR(ratio.value, 0.8, 1e-15);
  EXPECT_NEAR(ratio.low, 0.8, 1e-15);
  EXPECT_NEAR(ratio.high, 0.8, 1e-15);
}

TEST(Figures, HaveFourDigitsWhateverTheirSize) {
  EXPECT_EQ(figure(1234), "1234");
  EXPECT_EQ(figure(123456), "123456");
  EXPECT_EQ(figure(12.345), "12.35");
  EXPECT_EQ(figure(0.5), "0.500");
  EXPECT_EQ(figure(0.0512), "0.0512");
  EXPECT_EQ(figure(1e-9), "0.000000");
  EXPECT_EQ(figure(0), "0.000");
}

}  // namespace
}  // namespace vitgen
