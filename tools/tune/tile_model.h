#pragma once
// What registers and caches allow, before anything is compiled. A model is good for leaving out,
// not for choosing: it says which tiles cannot be fast and in which order to try the others.

#include <string>

#include "schedules/rule.h"

namespace vitgen {

/// Bytes of one core's caches; 0: not known.
struct CacheBytes {
  std::int64_t l1 = 0;
  std::int64_t l2 = 0;
};

struct TileEstimate {
  int registers = 0;       ///< for sums, one vector of weights and one broadcast
  double padding = 1;      ///< rows computed over rows wanted
  double loads = 0;        ///< per multiply-add of a vector
  double strip_bytes = 0;  ///< weights that one strip of columns reads again for every tile of rows
  /// Per useful multiply-add of a vector, on a GPU of a multiprocessor; 1 for knobs that are no
  /// tile.
  double cycles = 1;
  std::string reject;  ///< why it cannot be fast; empty if it may be
};

/// Of a rule's knobs m_r and n_r (n_c of a token_mix, n_keys and n_out for the two products of
/// attention), and unroll_k or unroll_j. Knobs of other names are all estimated alike; of
/// attention's pack_values too: what a copy of v saves depends on which of its lines share a set of
/// the cache.
TileEstimate estimate_tile(const OpSpec& spec, const Machine& machine, const Choice& choice,
                           const CacheBytes& caches);

}  // namespace vitgen
