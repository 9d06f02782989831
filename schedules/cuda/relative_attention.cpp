#include "schedules/cuda/relative_attention.h"

#include "generators/ops/support/lanes.h"
#include "schedules/rule.h"
#include "schedules/support/gpu_block.h"
#include "schedules/support/gpu_elementwise.h"
#include "schedules/support/thread_registers.h"

namespace vitgen {

using Halide::Func;
using Halide::MemoryType;
using Halide::TailStrategy;
using Halide::Var;

namespace {

QueryExtras extras(const RelativeAttentionSpec& spec) {
  int floats = 0;
  if (spec.on_k == Lookup::contextual) floats += padded_buckets(spec);
  if (spec.on_v == Lookup::contextual) floats += spec.table_width();
  return {.floats = floats};
}

/// A func of its own launch, over the extents of its dimensions.
Var put_on_gpu(Func func, const std::vector<int>& extents, const Machine& machine) {
  const std::vector<Var> dims = func.args();
  std::int64_t elements = 1;
  func.compute_root();
  for (std::size_t d = 0; d < dims.size(); ++d) {
    func.bound(dims[d], 0, extents[d]);
    elements *= extents[d];
  }
  return put_elements_on_gpu(func, elements, machine,
                             {.threads = threads_for_grid(elements, machine)});
}

void schedule_ids(RelativeAttention& op, const RelativeAttentionSpec& spec, const QueryTile& tile,
                  const Machine& machine) {
  const int tiles = (spec.tokens + tile.queries() - 1) / tile.queries();
  for (const Func& ids : {op.ids, op.turned_ids}) {
    put_on_gpu(ids,
               {kLanes, lane_blocks(spec.tokens), tiles * tile.queries(), spec.buckets().tables()},
               machine);
  }
}

/// k table_q of all keys.
void schedule_key_lookup(RelativeAttention& op, const RelativeAttentionSpec& spec,
                         const Machine& machine) {
  Func stored = op.lookup_q.in();
  const Var thread =
      put_on_gpu(stored, {padded_buckets(spec), spec.tokens, spec.heads, spec.batch}, machine);
  op.lookup_q.compute_at(stored, thread);
  op.lookup_q.update().unroll(op.core.rd, largest_divisor(spec.head_size, kReadsUnderWay));
}

/// q table_k of the block's queries: a bucket for each of 16 threads, m_r queries in each.
void schedule_query_lookup(RelativeAttention& op, const RelativeAttentionSpec& spec,
                           const QueryLoops& loops) {
  Attention& core = op.core;
  op.lookup_k.compute_at(core.output, loops.tile)
      .store_in(MemoryType::GPUShared)
      .bound(op.bucket, 0, padded_buckets(spec))
      .bound_extent(core.i, loops.knobs.queries());
  Var blocks("blocks"), lane("lane");
  for (Halide::Stage stage : {Halide::Stage(op.lookup_k), Halide::Stage(op.lookup_k.update())}) {
    loops.split_queries(stage, core.i);
    stage.split(op.bucket, blocks, lane, kLanes, TailStrategy::RoundUp);
  }
  op.lookup_k.reorder(loops.row, blocks, lane, loops.thread).gpu_threads(lane, loops.thread);
  op.lookup_k.update()
      .reorder(loops.row, core.rd, blocks, lane, loops.thread)
      .gpu_threads(lane, loops.thread);
}

/// Probabilities by bucket: one chain for each query, since a bucket's sum runs over all keys.
void schedule_bucket_values(RelativeAttention& op, const RelativeAttentionSpec& spec,
                            const QueryLoops& loops) {
  Attention& core = op.core;
  op.bucket_probs.compute_at(core.output, loops.tile)
      .store_in(MemoryType::GPUShared)
      .bound(op.bucket, 0, spec.table_width())
      .bound_extent(core.i, loops.knobs.queries());
  const SharedLoop buckets{op.bucket, spec.table_width(), kLanes};
  buckets.split(op.bucket_probs);
  loops.split_queries(op.bucket_probs, core.i);
  op.bucket_probs.reorder(loops.row, buckets.step, buckets.thread, loops.thread)
      .gpu_threads(loops.thread);
  const SharedLoop queries{core.i, loops.knobs.queries(), kLanes, Var("query"), Var("query_step")};
  queries.split(op.bucket_probs.update());
  op.bucket_probs.update().reorder(op.keys.x, op.keys.y, queries.step, queries.thread);

  loops.split_queries(core.acc.update(1), core.i);
  loops.split_channels(core.acc.update(1), core, spec.plain());
  core.acc.update(1)
      .reorder(loops.column, loops.row, op.buckets, loops.d_thread, loops.thread)
      .gpu_threads(loops.d_thread, loops.thread);
}

}  // namespace

std::optional<QueryTile> CudaRelativeAttention::defaults(const RelativeAttentionSpec& spec,
                                                         const Machine& machine) {
  return best_query_tile(spec.plain(), machine, extras(spec));
}

std::vector<QueryTile> CudaRelativeAttention::space(const RelativeAttentionSpec& spec,
                                                    const Machine& machine) {
  return query_tiles(spec.plain(), machine, extras(spec));
}

void CudaRelativeAttention::apply(RelativeAttention& op, const RelativeAttentionSpec& spec,
                                  const Machine& machine, const QueryTile& knobs) {
  const std::string_view broken = broken_rule(spec.plain(), knobs, machine, extras(spec));
  require_knobs(broken.empty(), broken);
  const QueryLoops loops = put_attention_on_gpu(op.core, spec.plain(), knobs);
  schedule_ids(op, spec, knobs, machine);
  if (spec.on_q == Lookup::contextual) schedule_key_lookup(op, spec, machine);
  if (spec.on_k == Lookup::contextual) schedule_query_lookup(op, spec, loops);
  if (spec.on_v == Lookup::contextual) schedule_bucket_values(op, spec, loops);
  op.algorithm.lowering_passes.push_back(thread_registers());
}

}  // namespace vitgen
