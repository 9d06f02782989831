#include "schedules/cpu/attention.h"

#include <algorithm>

#include "generators/ops/support/lanes.h"
#include "schedules/rule.h"
#include "schedules/support/elementwise.h"
#include "schedules/support/register_tile.h"

namespace vitgen {

using Halide::Func;
using Halide::TailStrategy;
using Halide::Var;

namespace {

int tile_count(int tokens, int m_r) { return (tokens + m_r - 1) / m_r; }

// The last tile of queries overlaps the one before it where the tokens are no whole tiles: both are
// then for the same task, since tasks run at the same time.
bool tiles_fit(int tiles, int tokens, int m_r) {
  const int count = tile_count(tokens, m_r);
  return tiles >= 1 && tiles <= count &&
         (tokens % m_r == 0 || tiles == count || count % tiles != 1 % tiles);
}

// All queries of a head, unless a few heads are all there is: each part more costs its task the
// transposition of k, some 4 % of a head's time at 197 tokens.
int default_tiles(const AttentionSpec& spec, int m_r) {
  constexpr int kTasks = 6;  // divides among 2 and 3 threads
  const int count = tile_count(spec.tokens, m_r);
  const int parts = (kTasks + spec.batch * spec.heads - 1) / (spec.batch * spec.heads);
  int tiles = std::max((count + parts - 1) / parts, 1);
  while (!tiles_fit(tiles, spec.tokens, m_r)) ++tiles;  // all of them fit at last
  return tiles;
}

// The default, and half of it for machines with more threads. Never more: with one thread that is
// faster, and takes work from the others.
std::vector<int> task_sizes(const AttentionSpec& spec, int m_r) {
  const int tiles = default_tiles(spec, m_r);
  const int half = (tiles + 1) / 2;
  if (half == tiles || !tiles_fit(half, spec.tokens, m_r)) return {tiles};
  return {tiles, half};
}

}  // namespace

std::optional<CpuAttention::Knobs> CpuAttention::defaults(const AttentionSpec& spec,
                                                          const Machine& machine) {
  if (machine.kind != MachineKind::cpu) return std::nullopt;
  const int lanes = machine.lanes(DType::f32);
  const int out_lanes = exact_lanes(spec.head_size, lanes);
  if (out_lanes == 1) return std::nullopt;  // odd head sizes: no vectors along a head
  Knobs knobs;
  knobs.n_keys = kLanes;
  knobs.n_out = spec.head_size % (2 * lanes) == 0 ? 2 * lanes : value_strip(spec);
  // Scores: m_r x 2 vectors of sums (n_keys of 16 lanes on 8), 2 of keys and a broadcast fit the
  // registers; 8 rows hide the latency of an FMA twice over.
  knobs.m_r = std::min(machine.vector_registers >= 32 ? 8 : 6, spec.tokens);
  knobs.tiles = default_tiles(spec, knobs.m_r);
  // Measured on Zen 3: 1.01 of the time at 197 tokens, 0.99 at 257, 0.82 at 400.
  knobs.pack_values = spec.tokens > 256 ? 1 : 0;
  return knobs;
}

std::vector<CpuAttention::Knobs> CpuAttention::space(const AttentionSpec& spec,
                                                     const Machine& machine) {
  const int lanes = std::min(machine.lanes(DType::f32), kLanes);
  const int out_lanes = exact_lanes(spec.head_size, lanes);
  const int columns = lane_blocks(spec.tokens) * kLanes;
  const int strip = value_strip(spec);
  const auto fits = [&](int m_r, int vectors) {
    return tile_registers(m_r, vectors) <= machine.vector_registers;
  };
  std::vector<Knobs> space;
  for (int m_r = 1; m_r <= std::min(14, spec.tokens); ++m_r) {
    for (int keys = kLanes; keys <= 4 * kLanes; keys += kLanes) {
      if (columns % keys != 0 || !fits(m_r, keys / lanes)) continue;
      for (int out = strip; out <= std::min(4 * strip, spec.head_size); out += strip) {
        if (spec.head_size % out != 0 || !fits(m_r, out / out_lanes)) continue;
        for (const int tiles : task_sizes(spec, m_r)) {
          for (const int pack : {0, 1}) {
            space.push_back({tiles, m_r, keys, out, pack});
          }
        }
      }
    }
  }
  return space;
}

namespace {

// Scores of m_r queries: computed tile by tile in registers, stored for the softmax.
void schedule_scores(Attention& op, const AttentionSpec& spec, int lanes,
                     const CpuAttention::Knobs& knobs, const Var& queries) {
  Var tile("tile"), block_in("block_in");
  const int blocks = knobs.n_keys / kLanes;
  Func strip = op.scores.in();
  const Var lane = strip.args()[0];
  const Var block = strip.args()[1];
  const Var i = strip.args()[2];
  strip.compute_at(op.output, queries)
      .bound_extent(lane, kLanes)
      .bound_extent(block, lane_blocks(spec.tokens))
      .bound_extent(i, knobs.m_r)
      .split(block, tile, block_in, blocks, TailStrategy::RoundUp)
      .reorder(lane, block_in, i, tile)
      .vectorize(lane, lanes)
      .unroll(lane)
      .unroll(block_in)
      .unroll(i);
  const RegisterTile sums{{{op.lane, kLanes}, {op.block, blocks}, {op.i, knobs.m_r}}, lanes};
  sum_in_registers(op.scores, sums, {strip, tile}, {op.rd});
}

// Square tiles of k, read along d and written along j: the compiler keeps one in registers and
// transposes it there. (One value at a time took 3.5 times as long.)
void schedule_keys(Attention& op, const AttentionSpec& spec, const Var& task, int lanes) {
  Var dt("dt"), jt("jt");
  op.keys.compute_at(op.output, task)
      .bound_extent(op.lane, kLanes)
      .bound_extent(op.block, lane_blocks(spec.tokens))
      .bound(op.d, 0, spec.head_size)
      .tile(op.lane, op.d, jt, dt, op.lane, op.d, lanes, lanes, TailStrategy::RoundUp)
      .vectorize(op.lane)
      .unroll(op.d);
  op.key_rows.compute_at(op.keys, jt)
      .bound_extent(op.d, lanes)
      .bound_extent(op.j, lanes)
      .vectorize(op.d)
      .unroll(op.j);
}

// Strips of v that are read from their first byte to their last, instead of a piece of every row.
void schedule_values(Attention& op, const AttentionSpec& spec, const Var& task, int lanes) {
  op.values.compute_at(op.output, task)
      .bound_extent(op.channel, value_strip(spec))
      .bound_extent(op.strip, spec.head_size / value_strip(spec))
      .bound_extent(op.j, spec.tokens)
      .reorder(op.channel, op.strip, op.j)
      .vectorize(op.channel, lanes)
      .unroll(op.channel);
}

void schedule_softmax(Attention& op, const AttentionSpec& spec, int lanes, int m_r,
                      const Var& queries) {
  for (Func lane_func : {op.lane_max, op.lane_sum}) {
    lane_func.compute_at(op.output, queries)
        .bound_extent(op.lane, kLanes)
        .bound_extent(op.i, m_r)
        .vectorize(op.lane, lanes)
        .unroll(op.lane);
    lane_func.update().reorder(op.lane, op.blocks, op.i).vectorize(op.lane, lanes).unroll(op.lane);
  }
  op.row_max.compute_at(op.output, queries).bound_extent(op.i, m_r);
  op.inv_sum.compute_at(op.output, queries).bound_extent(op.i, m_r);
  op.probs.compute_at(op.output, queries)
      .bound_extent(op.lane, kLanes)
      .bound_extent(op.block, lane_blocks(spec.tokens))
      .bound_extent(op.i, m_r)
      .vectorize(op.lane, lanes)
      .unroll(op.lane);
  if (op.probs.has_update_definition()) {
    op.probs.update().vectorize(op.lane, lanes).unroll(op.lane);
  }
}

}  // namespace

void CpuAttention::apply(Attention& op, const AttentionSpec& spec, const Machine& machine,
                         const Knobs& knobs) {
  const int lanes = std::min(machine.lanes(DType::f32), kLanes);
  const int out_lanes = exact_lanes(spec.head_size, lanes);
  const int columns = lane_blocks(spec.tokens) * kLanes;
  require_knobs(knobs.m_r >= 1 && knobs.m_r <= std::min(16, spec.tokens), "1 <= m_r <= tokens, 16");
  require_knobs(knobs.n_keys % kLanes == 0 && knobs.n_keys >= kLanes && columns % knobs.n_keys == 0,
                "n_keys is a multiple of 16 and divides the padded tokens");
  require_knobs(knobs.m_r * (knobs.n_keys / lanes) <= kMostTileVectors &&
                    knobs.m_r * (knobs.n_out / out_lanes) <= kMostTileVectors,
                "m_r rows of n_keys or n_out are at most 64 vectors");
  require_knobs(knobs.pack_values == 0 || knobs.pack_values == 1, "pack_values is 0 or 1");
  require_knobs(tiles_fit(knobs.tiles, spec.tokens, knobs.m_r),
                "tiles is at most all, and the last task does not begin with the overlapping tile");
  require_knobs(out_lanes > 1 && knobs.n_out % value_strip(spec) == 0 && knobs.n_out >= 1 &&
                    spec.head_size % knobs.n_out == 0,
                "n_out is whole strips of values and divides the head size");
  Var task("task"), part("part"), queries("queries"), ir("ir"), strip("strip"), cr("cr");
  op.output.split(op.d, strip, cr, knobs.n_out, TailStrategy::RoundUp)
      .split(op.i, queries, ir, knobs.m_r, TailStrategy::ShiftInwards)
      .split(queries, part, queries, knobs.tiles, TailStrategy::GuardWithIf)
      .reorder(cr, ir, strip, queries, part, op.h, op.b)
      .fuse(op.h, op.b, task)
      .fuse(part, task, task)
      .unroll(ir)
      .parallel(task)
      .vectorize(cr, out_lanes)
      .unroll(cr);
  schedule_keys(op, spec, task, out_lanes);
  if (knobs.pack_values != 0) schedule_values(op, spec, task, out_lanes);
  schedule_scores(op, spec, lanes, knobs, queries);
  schedule_softmax(op, spec, lanes, knobs.m_r, queries);
  const RegisterTile sums{{{op.d, knobs.n_out}, {op.i, knobs.m_r}}, out_lanes};
  sum_in_registers(op.acc, sums, {op.output, strip}, {op.rj});
}

}  // namespace vitgen
