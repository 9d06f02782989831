#include "schedules/cpu/relative_attention.h"

#include <algorithm>

#include "generators/ops/support/lanes.h"
#include "schedules/support/elementwise.h"

namespace vitgen {

using Halide::Func;
using Halide::TailStrategy;
using Halide::Var;

std::optional<CpuAttention::Knobs> CpuRelativeAttention::defaults(const RelativeAttentionSpec& spec,
                                                                  const Machine& machine) {
  return CpuAttention::defaults(spec.plain(), machine);
}

std::vector<CpuAttention::Knobs> CpuRelativeAttention::space(const RelativeAttentionSpec& spec,
                                                             const Machine& machine) {
  return CpuAttention::space(spec.plain(), machine);
}

namespace {

// The loops of cpu/attention that the stages here stand in.
Var task_loop() { return Var("task"); }
Var queries_loop() { return Var("queries"); }

void schedule_ids(RelativeAttention& op, const RelativeAttentionSpec& spec, int lanes) {
  // A few comparisons are cheaper than a look into a table.
  constexpr std::size_t kFew = 8;
  const int farthest = std::max(spec.grid_h(), spec.grid_w);
  const bool few =
      !spec.buckets().of_squares() && spec.buckets().thresholds(farthest).size() <= kFew;
  if (!few) op.steps.compute_root();
  op.row_of.compute_root();
  op.column_of.compute_root();
  constexpr int kRows = 16;  // in a task
  Var rows("rows");
  for (Func ids : {op.ids, op.turned_ids}) {
    ids.compute_root()
        .bound_extent(op.core.lane, kLanes)
        .bound_extent(op.core.block, lane_blocks(spec.tokens))
        .bound_extent(op.core.i, spec.tokens)
        .bound_extent(op.table, spec.buckets().tables())
        .split(op.core.i, rows, op.core.i, std::min(kRows, spec.tokens), TailStrategy::GuardWithIf)
        .reorder(op.core.lane, op.core.block, op.core.i, op.table, rows)
        .parallel(rows)
        .vectorize(op.core.lane, lanes)
        .unroll(op.core.lane);
  }
}

// Rows of q or k times a table: tiles of `rows` tokens by 16 buckets, summed in registers.
void schedule_lookup(RelativeAttention& op, Func& lookup, const RelativeAttentionSpec& spec,
                     int lanes, int rows, int tokens, const Var& at) {
  Var tile("tile"), bucket_in("bucket_in"), token_in("token_in"), tokens_out("tokens_out");
  Func stored = lookup.in();
  const Var bucket = stored.args()[0];
  const Var token = stored.args()[1];
  stored.compute_at(op.core.output, at)
      .bound(bucket, 0, padded_buckets(spec))
      .bound_extent(token, tokens)
      .split(bucket, tile, bucket_in, kLanes, TailStrategy::RoundUp)
      .split(token, tokens_out, token_in, rows, TailStrategy::ShiftInwards)
      .reorder(bucket_in, token_in, tile, tokens_out)
      .vectorize(bucket_in, lanes)
      .unroll(bucket_in)
      .unroll(token_in);
  const Var own = lookup.args()[1];
  lookup.compute_at(stored, tile)
      .bound_extent(op.bucket, kLanes)
      .bound_extent(own, rows)
      .vectorize(op.bucket, lanes)
      .unroll(op.bucket)
      .unroll(own);
  lookup.update()
      .reorder(op.bucket, own, op.core.rd)
      .vectorize(op.bucket, lanes)
      .unroll(op.bucket)
      .unroll(own);
}

// One by one: vectors of ids would be taken apart for the loads. (1 to 2 % of the kernel on Zen 3.)
void schedule_terms(RelativeAttention& op, const RelativeAttentionSpec& spec, int m_r) {
  if (spec.on_k == Lookup::none && spec.on_q == Lookup::none) return;
  op.terms.compute_at(op.core.output, queries_loop())
      .bound_extent(op.core.lane, kLanes)
      .bound_extent(op.core.block, lane_blocks(spec.tokens))
      .bound_extent(op.core.i, m_r)
      .unroll(op.core.lane);
}

// The chains of m_r queries beside each other: one would wait for each of its sums.
void schedule_bucket_values(RelativeAttention& op, const RelativeAttentionSpec& spec, int lanes,
                            int out_lanes, int m_r) {
  Attention& core = op.core;
  op.bucket_probs.compute_at(core.output, queries_loop())
      .bound(op.bucket, 0, spec.table_width())
      .bound_extent(core.i, m_r)
      .vectorize(op.bucket, exact_lanes(spec.table_width(), lanes));
  op.bucket_probs.update().reorder(core.i, op.keys.x, op.keys.y).unroll(core.i);
  core.acc.update(1)
      .reorder(core.d, core.i, op.buckets)
      .vectorize(core.d, out_lanes)
      .unroll(core.d)
      .unroll(core.i);
}

}  // namespace

void CpuRelativeAttention::apply(RelativeAttention& op, const RelativeAttentionSpec& spec,
                                 const Machine& machine, const Knobs& knobs) {
  CpuAttention::apply(op.core, spec.plain(), machine, knobs);
  const int lanes = std::min(machine.lanes(DType::f32), kLanes);
  const int out_lanes = exact_lanes(spec.head_size, lanes);
  schedule_ids(op, spec, lanes);
  if (spec.on_k == Lookup::contextual) {
    schedule_lookup(op, op.lookup_k, spec, lanes, knobs.m_r, knobs.m_r, queries_loop());
  }
  if (spec.on_q == Lookup::contextual) {
    schedule_lookup(op, op.lookup_q, spec, lanes, knobs.m_r, spec.tokens, task_loop());
  }
  schedule_terms(op, spec, knobs.m_r);
  if (spec.on_v == Lookup::contextual)
    schedule_bucket_values(op, spec, lanes, out_lanes, knobs.m_r);
}

}  // namespace vitgen
