#pragma once
// Relative positions of images' patches (iRPE: Wu et al. 2021; BEiT: Bao et al. 2022) as
// hyper-parameters of a network.

#include <string>
#include <string_view>

#include "generators/ops/relative_attention.h"

namespace vitgen {

/// Tables that attention looks up by the distance of two patches, beside absolute positions.
struct RelativePosition {
  BucketMethod method = BucketMethod::product;
  float ratio = 1.9f;      ///< alpha of the method
  bool contextual = true;  ///< a vector for each bucket; else a number that a score is added to
  bool shared = true;      ///< one table for all heads
  bool on_q = false;
  bool on_k = false;
  bool on_v = false;
  bool common = false;  ///< of the method exact: one table for all blocks

  bool any() const { return on_q || on_k || on_v; }
  /// BEiT's: a number for each distance of two patches and each head, added to the score.
  bool exact() const { return method == BucketMethod::exact; }
  /// For images of so many patches.
  PositionBuckets buckets(std::int64_t rows, std::int64_t columns) const {
    return {method, ratio, static_cast<int>(rows), static_cast<int>(columns)};
  }
  Lookup lookup(bool on) const {
    if (!on) return Lookup::none;
    return contextual ? Lookup::contextual : Lookup::bias;
  }
  bool operator==(const RelativePosition&) const = default;
};

/// "rpe-1.9-product-ctx-1-k", the word that iRPE's DETR has for it: ratio, method (euc, quant,
/// cross, product), mode (ctx, bias), 1 if all heads share a table, and what it is for, of q, k and
/// v. "none" without tables; BEiT's are "bias" or, one table for all blocks, "shared-bias".
std::string to_word(const RelativePosition& relative);

/// Inverse of to_word; throws FIELDS_VALUE.
RelativePosition parse_relative(std::string_view word);

/// Of a visitor of fields: the value by its word.
template <class V>
void visit_word(V& v, std::string_view key, RelativePosition& relative) {
  const std::string before = to_word(relative);
  std::string word = before;
  v(key, word);
  if (word != before) relative = parse_relative(word);  // a visitor that only reads changes nothing
}

}  // namespace vitgen
