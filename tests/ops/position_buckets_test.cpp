// Tables of buckets: those of the code that was published with iRPE, by their hashes.

#include "generators/ops/support/position_buckets.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "generators/base/sha256.h"
#include "generators/base/visit.h"

namespace vitgen {
namespace {

/// Table 0, query after query, for `skip` tokens and then a grid.
std::vector<int> table_of(const PositionBuckets& buckets, int skip, int rows, int columns) {
  std::vector<int> ids;
  const int tokens = skip + rows * columns;
  const int last = buckets.count(skip > 0) - 1;
  for (int i = 0; i < tokens; ++i) {
    for (int j = 0; j < tokens; ++j) {
      const int a = i - skip;
      const int b = j - skip;
      ids.push_back(a < 0 || b < 0
                        ? last
                        : buckets.of(0, a / columns - b / columns, a % columns - b % columns));
    }
  }
  return ids;
}

/// The first 16 digits of the SHA-256 of the ids as little-endian int32.
std::string hash_of(const std::vector<int>& ids) {
  std::string bytes;
  for (const int id : ids) {
    const auto bits = static_cast<unsigned>(id);
    for (unsigned shift = 0; shift < 32; shift += 8) {
      bytes += static_cast<char>(bits >> shift & 0xFF);
    }
  }
  return sha256_hex(bytes).substr(0, 16);
}

TEST(PositionBuckets, TablesAreThoseOfThePublishedCode) {
  struct Known {
    PositionBuckets buckets;
    int skip, side;
    const char* hash;
  };
  for (const Known& known : {
           Known{{BucketMethod::product, 1.9f}, 1, 14, "970ed76a977009fe"},
           Known{{BucketMethod::product, 1.9f}, 0, 14, "1a374b138951200d"},
           Known{{BucketMethod::product, 1.9f}, 1, 7, "659cd29106108712"},
           Known{{BucketMethod::euclidean, 20}, 1, 14, "539cd4a875d1b84a"},
           Known{{BucketMethod::quant, 33}, 1, 14, "8cc8d2b7073ec6d5"},
       }) {
    EXPECT_EQ(hash_of(table_of(known.buckets, known.skip, known.side, known.side)), known.hash)
        << enum_text(known.buckets.method) << " " << known.skip << " " << known.side;
  }
}

TEST(PositionBuckets, SumsOfTheTablesAreThePublishedOnes) {
  const auto sum = [](const std::vector<int>& ids) {
    return std::accumulate(ids.begin(), ids.end(), 0);
  };
  EXPECT_EQ(sum(table_of({BucketMethod::product, 1.9f}, 1, 14, 14)), 941241);
  EXPECT_EQ(sum(table_of({BucketMethod::euclidean, 20}, 1, 14, 14)), 1845765);
  EXPECT_EQ(sum(table_of({BucketMethod::quant, 33}, 1, 14, 14)), 3961617);
}

TEST(PositionBuckets, CountsAreThoseOfThePublishedModels) {
  const auto count = [](BucketMethod method, float ratio) {
    return PositionBuckets{method, ratio}.count(true);
  };
  EXPECT_EQ(count(BucketMethod::product, 1.9f), 50);
  EXPECT_EQ(count(BucketMethod::product, 2), 82);
  EXPECT_EQ(count(BucketMethod::product, 2.5f), 122);
  EXPECT_EQ(count(BucketMethod::product, 3), 170);
  EXPECT_EQ(count(BucketMethod::euclidean, 20), 82);
  EXPECT_EQ(count(BucketMethod::quant, 33), 134);
  EXPECT_EQ(count(BucketMethod::cross, 20), 82);
  EXPECT_EQ((PositionBuckets{BucketMethod::cross, 20}.tables()), 2);
}

// A query below its key has the greater bucket, and a distance beyond the grid of the training
// falls into the outermost: so any size of image has a bucket for every pair.
TEST(PositionBuckets, DistanceIsQueryMinusKeyAndFarPairsShareABucket) {
  const PositionBuckets product{BucketMethod::product, 1.9f};
  EXPECT_EQ(product.of(0, 1, 0), 4 * 7 + 3);
  EXPECT_EQ(product.of(0, 0, -2), 3 * 7 + 1);
  EXPECT_EQ(product.of(0, 100, -100), 6 * 7);
  const PositionBuckets cross{BucketMethod::cross, 1.9f};
  EXPECT_EQ(cross.of(0, 2, -1), 5);
  EXPECT_EQ(cross.of(1, 2, -1), 2);
}

// As BEiT's authors number them: a 2 x 3 grid, (dr + 1) 5 + dc + 2, then [CLS] to a token, a token
// to [CLS], [CLS] to itself.
TEST(PositionBuckets, ExactHasABucketForEachDistanceAndThreeForOtherTokens) {
  const PositionBuckets buckets{BucketMethod::exact, 0, 2, 3};
  EXPECT_EQ(buckets.count(false), 15);
  EXPECT_EQ(buckets.count(true), 18);
  EXPECT_EQ(buckets.of(0, -1, -2), 0);
  EXPECT_EQ(buckets.of(0, 0, 0), 7);
  EXPECT_EQ(buckets.of(0, 0, 1), 8);
  EXPECT_EQ(buckets.of(0, 1, -2), 10);
  EXPECT_EQ(buckets.of(0, 1, 2), 14);
  EXPECT_EQ(buckets.outside(true, false), 15);
  EXPECT_EQ(buckets.outside(false, true), 16);
  EXPECT_EQ(buckets.outside(true, true), 17);
  EXPECT_TRUE(buckets.thresholds(5).empty());
}

TEST(PositionBuckets, ExactNeedsAGridWhoseDistancesTwoBytesNumber) {
  const auto valid = [](int h, int w) {
    return PositionBuckets{BucketMethod::exact, 0, h, w}.valid();
  };
  EXPECT_TRUE(valid(128, 128));
  EXPECT_FALSE(valid(129, 128));
  EXPECT_FALSE(valid(65535, 65535));
  EXPECT_FALSE(valid(0, 5));
}

TEST(PositionBuckets, ThresholdsGiveTheSameNumbers) {
  for (const BucketMethod method :
       {BucketMethod::euclidean, BucketMethod::quant, BucketMethod::cross, BucketMethod::product}) {
    for (const float ratio : {0.3f, 1.0f, 1.9f, 2.0f, 5.5f, 20.0f, 33.0f}) {
      const PositionBuckets buckets{method, ratio};
      const std::vector<int> thresholds = buckets.thresholds(buckets.of_squares() ? 800 : 20);
      for (int dr = 0; dr <= 20; ++dr) {
        const int distance = buckets.of_squares() ? dr * dr + dr * dr : dr;
        const auto reached = std::count_if(thresholds.begin(), thresholds.end(),
                                           [&](int threshold) { return distance >= threshold; });
        const int id = buckets.of(0, dr, dr);
        const int row = method == BucketMethod::product ? id / buckets.side() : id;
        EXPECT_EQ(reached, row - buckets.half()) << enum_text(method) << " " << ratio << " " << dr;
      }
    }
  }
}

TEST(PositionBuckets, RatiosWithoutBucketsOrWithTooManyAreInvalid) {
  for (const float ratio : {0.0f, -1.0f, 1e6f, std::numeric_limits<float>::infinity(),
                            std::numeric_limits<float>::quiet_NaN()}) {
    EXPECT_FALSE((PositionBuckets{BucketMethod::product, ratio}.valid())) << ratio;
  }
  EXPECT_TRUE((PositionBuckets{BucketMethod::product, 60}.valid()));
}

}  // namespace
}  // namespace vitgen
