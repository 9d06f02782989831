#include <algorithm>

#include "generators/ops/support/lanes.h"
#include "schedules/support/gpu_attention.h"
#include "schedules/support/gpu_block.h"

namespace vitgen {

namespace {

// Sums of a thread. Scores are unrolled for each of them, and with a hundred of the 255 registers
// of a thread the factors of a product still find room.
constexpr int kMaxSums = 96;

std::int64_t blocks(const AttentionSpec& spec, const QueryTile& tile) {
  const int tiles = (spec.tokens + tile.queries() - 1) / tile.queries();
  return std::int64_t{tiles} * spec.heads * spec.batch;
}

std::int64_t shared_floats(const AttentionSpec& spec, const QueryTile& tile,
                           const QueryExtras& extras) {
  const std::int64_t columns = std::int64_t{kLanes} * odd(lane_blocks(spec.tokens));
  const std::int64_t of_query = columns + 2 * kLanes + extras.floats;  // probs, lane_max, lane_sum
  return of_query * tile.queries() + columns * odd(tile.d_c) +         // keys
         std::int64_t{spec.head_size} * tile.j_c;                      // values
}

/// With as many channels and tokens in shared memory as fit, the channels no fewer than `d_least`.
std::optional<QueryTile> fitting(const AttentionSpec& spec, const Machine& machine, QueryTile tile,
                                 int d_least, const QueryExtras& extras) {
  for (tile.d_c = largest_divisor(spec.head_size, kLanes); tile.d_c >= d_least;
       tile.d_c = largest_divisor(spec.head_size, tile.d_c - 1)) {
    for (const int j_c : {32, 16}) {
      tile.j_c = j_c;
      if (broken_rule(spec, tile, machine, extras).empty()) return tile;
    }
    if (tile.d_c == 1) break;
  }
  return std::nullopt;
}

}  // namespace

std::string_view broken_rule(const AttentionSpec& spec, const QueryTile& tile,
                             const Machine& machine, const QueryExtras& extras) {
  const int threads = kLanes * tile.threads_i;
  if (tile.threads_i < 1 || threads > machine.max_threads || threads % machine.warp != 0) {
    return "16 threads_i is whole warps and within the block's limit";
  }
  const int score_sums = lane_blocks(spec.tokens) * tile.m_r;
  const int output_sums = spec.head_size / channel_threads(spec) * tile.m_r;
  if (tile.m_r < 1 || std::max(score_sums, output_sums) > kMaxSums) {
    return "m_r queries are at most 96 sums of a thread";
  }
  if (tile.d_c < 1 || spec.head_size % tile.d_c != 0) return "d_c divides the head size";
  if (tile.j_c < 1) return "1 <= j_c";
  if (4 * shared_floats(spec, tile, extras) > machine.shared_bytes) {
    return "probs, keys and values fit in shared memory";
  }
  return std::max(spec.heads, spec.batch) <= kMostBlocksAcross ? "" : "at most 65535 heads, images";
}

std::optional<QueryTile> best_query_tile(const AttentionSpec& spec, const Machine& machine,
                                         const QueryExtras& extras) {
  if (machine.kind != MachineKind::gpu) return std::nullopt;
  // Of keys a sector of 32 bytes is read at least, if the head has as many channels and there is
  // room. One warp that has a block to itself waits at each of its loads: it is the last resort.
  const int sector = largest_divisor(spec.head_size, 8);
  for (const int d_least : {sector, 1}) {
    for (const std::vector<int>& threads : {std::vector{8, 4}, std::vector{2}}) {
      std::optional<QueryTile> best;
      for (const int m_r : {4, 2, 1}) {
        for (const int threads_i : threads) {
          const QueryTile shape{.threads_i = threads_i, .m_r = m_r};
          const auto tile = fitting(spec, machine, shape, d_least, extras);
          // Smaller tiles until each multiprocessor has a block.
          if (tile && (!best || blocks(spec, *best) < machine.multiprocessors)) best = tile;
        }
      }
      if (best) return best;
    }
  }
  return std::nullopt;
}

std::vector<QueryTile> query_tiles(const AttentionSpec& spec, const Machine& machine,
                                   const QueryExtras& extras) {
  std::vector<QueryTile> tiles;
  if (machine.kind != MachineKind::gpu) return tiles;
  for (const int threads_i : {2, 4, 8, 16}) {
    for (const int m_r : {1, 2, 4, 8}) {
      for (int d_c = 1; d_c <= kLanes; ++d_c) {
        for (const int j_c : {16, 32, 64}) {
          const QueryTile tile{.threads_i = threads_i, .m_r = m_r, .d_c = d_c, .j_c = j_c};
          if (broken_rule(spec, tile, machine, extras).empty()) tiles.push_back(tile);
        }
      }
    }
  }
  return tiles;
}

}  // namespace vitgen
