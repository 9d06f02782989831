#pragma once
// Numbers of buckets that pairs of tokens on a grid fall into by their distance (Wu et al. 2021,
// Rethinking and Improving Relative Position Encoding for Vision Transformer, equation 18):
//   g(x) = round(x)                                                  for |x| <= alpha
//          sign(x) min(beta, round(alpha + alpha ln(|x| / alpha) / ln 8))        beyond
// rounded half to even, then cut towards zero; alpha = ratio, beta = 2 ratio, gamma = 8 ratio, and
// beta' = floor(beta) is the largest number.
//
// Or every distance on an H x W grid has a bucket of its own (Liu et al. 2021, Swin Transformer;
// Bao et al. 2022, BEiT), and a query, a key or both that stand on no grid have one each.

#include <cstdint>
#include <string_view>
#include <vector>

namespace vitgen {

/// The bucket of a query dr rows and dc columns below and right of its key.
enum class BucketMethod : std::uint8_t {
  euclidean,  ///< g(round(sqrt(dr^2 + dc^2))) + beta'
  quant,      ///< g(dr^2 + dc^2) + beta'
  cross,      ///< two: g(dr) + beta' and g(dc) + beta', each in a table of its own
  product,    ///< (g(dr) + beta') (2 beta' + 1) + g(dc) + beta'
  exact,      ///< (dr + H - 1) (2 W - 1) + dc + W - 1
};
inline std::vector<std::string_view> enum_names(BucketMethod) {
  return {"euclidean", "quant", "cross", "product", "exact"};
}

/// g of the distance x.
int bucket_step(double ratio, double x);

struct PositionBuckets {
  BucketMethod method = BucketMethod::product;
  float ratio = 1.9f;  ///< alpha; exact has none
  int grid_h = 1;      ///< of exact
  int grid_w = 1;

  /// The most buckets of a table that two bytes number.
  static constexpr int kMost = 65535;
  /// Whether the ratio is positive, or the method has none, and the buckets are at most kMost; the
  /// others may be called then.
  bool valid() const;

  int half() const { return static_cast<int>(2 * ratio); }  ///< beta'
  int side() const { return 2 * half() + 1; }
  int tables() const { return method == BucketMethod::cross ? 2 : 1; }
  /// Of one table. Pairs with a token that stands on no grid have the last bucket, of exact the
  /// last three, if there are any.
  int count(bool skips) const;
  /// The bucket of a pair whose query, key or both stand on no grid.
  int outside(bool query, bool key) const;

  /// In table 0 or 1.
  int of(int table, int dr, int dc) const;

  /// The distances from which on g is at least 1, 2, ..., as far as `limit`: of |dr| or |dc|, or of
  /// dr^2 + dc^2 where the method is euclidean or quant; none where it is exact.
  std::vector<int> thresholds(int limit) const;
  bool of_squares() const {
    return method == BucketMethod::euclidean || method == BucketMethod::quant;
  }
};

}  // namespace vitgen
