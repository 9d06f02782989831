#include "schedules/cpu/attention_small.h"

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

int lanes_of(const Machine& machine) { return std::min(machine.lanes(DType::f32), kLanes); }

int group_count(const AttentionSpec& spec, int lanes) { return (spec.batch + lanes - 1) / lanes; }

// The last group overlaps the one before it where the images are no whole groups: both are then for
// the same task, since tasks run at the same time.
bool groups_fit(int groups, const AttentionSpec& spec, int lanes) {
  const int count = group_count(spec, lanes);
  return groups >= 1 && groups <= count &&
         (spec.batch % lanes == 0 || groups == count || count % groups != 1 % groups);
}

// Some six tasks for each of two threads.
int default_groups(const AttentionSpec& spec, int lanes) {
  constexpr int kTasks = 12;
  int groups = std::max((group_count(spec, lanes) + kTasks - 1) / kTasks, 1);
  while (!groups_fit(groups, spec, lanes)) ++groups;  // all of them fit at last
  return groups;
}

// q, k and v of a group, all heads: half of the smallest L2.
constexpr std::int64_t kGroupBytes = 128 * 1024;
// Beyond them a row of scores is whole vectors anyway.
constexpr int kMostTokens = 2 * kLanes;

bool serves(const AttentionSpec& spec, const Machine& machine) {
  if (machine.kind != MachineKind::cpu) return false;
  const int lanes = lanes_of(machine);
  return spec.tokens <= kMostTokens && exact_lanes(spec.head_size, lanes) < lanes &&
         spec.head_size <= 4 * lanes && spec.batch >= 2 * lanes &&
         std::int64_t{4} * lanes * spec.tokens * 3 * spec.width() <= kGroupBytes;
}

// The most sums, and of as many those with the fewest loads for each: the largest divisor of
// `extent` whose tile with m_r rows fits the registers.
int widest(int extent, int m_r, const Machine& machine) {
  int best = 1;
  for (int n = 1; n <= extent; ++n) {
    if (extent % n == 0 && tile_registers(m_r, n) <= machine.vector_registers) best = n;
  }
  return best;
}

int most_rows(const AttentionSpec& spec) {
  int rows = 1;
  for (int m_r = 1; m_r <= 4; ++m_r) {
    if (spec.tokens % m_r == 0) rows = m_r;
  }
  return rows;
}

}  // namespace

std::optional<CpuAttentionSmall::Knobs> CpuAttentionSmall::defaults(const AttentionSpec& spec,
                                                                    const Machine& machine) {
  if (!serves(spec, machine)) return std::nullopt;
  const int m_r = most_rows(spec);
  return Knobs{.groups = default_groups(spec, lanes_of(machine)),
               .m_r = m_r,
               .n_keys = widest(kLanes, m_r, machine),
               .n_out = widest(spec.head_size, m_r, machine)};
}

std::vector<CpuAttentionSmall::Knobs> CpuAttentionSmall::space(const AttentionSpec& spec,
                                                               const Machine& machine) {
  std::vector<Knobs> space;
  if (!serves(spec, machine)) return space;
  const auto fits = [&](int extent, int m_r, int n) {
    return extent % n == 0 && tile_registers(m_r, n) <= machine.vector_registers;
  };
  for (int m_r = 1; m_r <= std::min(8, spec.tokens); ++m_r) {
    if (spec.tokens % m_r != 0) continue;
    for (int n_keys = 1; n_keys <= kLanes; ++n_keys) {
      if (!fits(kLanes, m_r, n_keys)) continue;
      for (int n_out = 1; n_out <= spec.head_size; ++n_out) {
        if (!fits(spec.head_size, m_r, n_out)) continue;
        space.push_back({default_groups(spec, lanes_of(machine)), m_r, n_keys, n_out});
      }
    }
  }
  return space;
}

namespace {

void schedule_transposition(Attention& op, const AttentionSpec& spec, const Var& group, int lanes) {
  Func rows = op.algorithm.arguments[0].in();
  Func images = rows.in();
  const std::vector<Var> at = images.args();  // channel, token, image
  const int channels = exact_lanes(3 * spec.width(), lanes);
  Var strip("strip"), channel("channel");
  images.compute_at(op.output, group)
      .bound_extent(at[2], lanes)
      .reorder_storage(at[2], at[0], at[1])
      .split(at[0], strip, channel, channels, TailStrategy::RoundUp)
      .reorder(at[2], channel, strip, at[1])
      .vectorize(at[2])
      .unroll(channel);
  const std::vector<Var> from = rows.args();
  rows.compute_at(images, strip)
      .bound_extent(from[0], channels)
      .bound_extent(from[2], lanes)
      .vectorize(from[0])
      .unroll(from[2]);
}

void schedule_scores(Attention& op, const AttentionSpec& spec, const Var& queries, int lanes,
                     const CpuAttentionSmall::Knobs& knobs) {
  op.keys.compute_at(op.output, op.h)
      .bound_extent(op.lane, kLanes)
      .bound_extent(op.block, lane_blocks(spec.tokens))
      .bound(op.d, 0, spec.head_size)
      .bound_extent(op.b, lanes)
      .reorder_storage(op.b, op.lane, op.d, op.block, op.h)
      .reorder(op.b, op.lane, op.d, op.block, op.h)
      .vectorize(op.b);
  Func strip = op.scores.in();
  const std::vector<Var> at = strip.args();  // lane, block, i, h, b
  Var tile("tile"), key("key");
  strip.compute_at(op.output, queries)
      .bound_extent(at[0], kLanes)
      .bound_extent(at[1], lane_blocks(spec.tokens))
      .bound_extent(at[2], knobs.m_r)
      .bound_extent(at[4], lanes)
      .reorder_storage(at[4], at[0], at[1], at[2], at[3])
      .split(at[0], tile, key, knobs.n_keys, TailStrategy::RoundUp)
      .reorder(at[4], key, at[2], tile, at[1], at[3])
      .vectorize(at[4])
      .unroll(key)
      .unroll(at[2]);
  op.scores.compute_at(strip, tile)
      .bound_extent(op.lane, knobs.n_keys)
      .bound_extent(op.i, knobs.m_r)
      .bound_extent(op.b, lanes)
      .reorder_storage(op.b, op.lane, op.block, op.i, op.h)
      .reorder(op.b, op.lane, op.i, op.block, op.h)
      .vectorize(op.b)
      .unroll(op.lane)
      .unroll(op.i);
  op.scores.update()
      .reorder(op.b, op.lane, op.i, op.rd, op.block, op.h)
      .vectorize(op.b)
      .unroll(op.lane)
      .unroll(op.i);
}

void schedule_softmax(Attention& op, const AttentionSpec& spec, const Var& queries, int lanes,
                      int m_r) {
  for (Func lane_func : {op.lane_max, op.lane_sum}) {
    lane_func.compute_at(op.output, queries)
        .bound_extent(op.lane, kLanes)
        .bound_extent(op.i, m_r)
        .bound_extent(op.b, lanes)
        .reorder_storage(op.b, op.lane, op.i, op.h)
        .reorder(op.b, op.lane, op.i, op.h)
        .vectorize(op.b);
    lane_func.update().reorder(op.b, op.lane, op.blocks, op.i, op.h).vectorize(op.b);
  }
  for (Func row_func : {op.row_max, op.inv_sum}) {
    row_func.compute_at(op.output, queries)
        .bound_extent(op.i, m_r)
        .bound_extent(op.b, lanes)
        .reorder_storage(op.b, op.i, op.h)
        .reorder(op.b, op.i, op.h)
        .vectorize(op.b);
  }
  op.probs.compute_at(op.output, queries)
      .bound_extent(op.lane, kLanes)
      .bound_extent(op.block, lane_blocks(spec.tokens))
      .bound_extent(op.i, m_r)
      .bound_extent(op.b, lanes)
      .reorder_storage(op.b, op.lane, op.block, op.i, op.h)
      .reorder(op.b, op.lane, op.block, op.i, op.h)
      .vectorize(op.b)
      .unroll(op.lane, 2);
  if (op.probs.has_update_definition()) {
    op.probs.update().reorder(op.b, op.lane, op.i, op.h).vectorize(op.b);
  }
}

}  // namespace

void CpuAttentionSmall::apply(Attention& op, const AttentionSpec& spec, const Machine& machine,
                              const Knobs& knobs) {
  const int lanes = lanes_of(machine);
  require_knobs(spec.batch >= lanes, "the images fill a vector");
  require_knobs(groups_fit(knobs.groups, spec, lanes),
                "groups is at most all, and the last task does not begin with the overlapping one");
  require_knobs(knobs.m_r >= 1 && knobs.m_r <= 16 && spec.tokens % knobs.m_r == 0,
                "m_r <= 16 divides the tokens");
  require_knobs(knobs.n_keys >= 1 && kLanes % knobs.n_keys == 0, "n_keys divides 16");
  require_knobs(knobs.n_out >= 1 && spec.head_size % knobs.n_out == 0,
                "n_out divides the head size");
  require_knobs(knobs.m_r * std::max(knobs.n_keys, knobs.n_out) <= kMostTileVectors,
                "m_r rows of n_keys or n_out are at most 64 vectors");
  Var task("task"), group("group"), image("image"), queries("queries"), row("row");
  Var strip("strip"), channel("channel");
  op.output.split(op.b, group, image, lanes, TailStrategy::ShiftInwards)
      .split(group, task, group, knobs.groups, TailStrategy::GuardWithIf)
      .split(op.i, queries, row, knobs.m_r, TailStrategy::RoundUp)
      .split(op.d, strip, channel, knobs.n_out, TailStrategy::RoundUp)
      .reorder(image, channel, row, strip, queries, op.h, group, task)
      .vectorize(image)
      .unroll(channel)
      .unroll(row)
      .parallel(task);
  schedule_transposition(op, spec, group, lanes);
  schedule_scores(op, spec, queries, lanes, knobs);
  schedule_softmax(op, spec, queries, lanes, knobs.m_r);
  op.acc.compute_at(op.output, strip)
      .bound_extent(op.d, knobs.n_out)
      .bound_extent(op.i, knobs.m_r)
      .bound_extent(op.b, lanes)
      .reorder_storage(op.b, op.d, op.i, op.h)
      .reorder(op.b, op.d, op.i, op.h)
      .vectorize(op.b)
      .unroll(op.d)
      .unroll(op.i);
  op.acc.update().reorder(op.b, op.d, op.i, op.rj, op.h).vectorize(op.b).unroll(op.d).unroll(op.i);
}

}  // namespace vitgen
