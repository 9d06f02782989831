#include "schedules/support/gpu_attention.h"

#include "generators/ops/support/lanes.h"
#include "schedules/support/gpu_block.h"

namespace vitgen {

using Halide::Func;
using Halide::MemoryType;
using Halide::RVar;
using Halide::TailStrategy;
using Halide::Var;

int channel_threads(const AttentionSpec& spec) { return largest_divisor(spec.head_size, kLanes); }

void QueryLoops::split_queries(Halide::Stage stage, const Var& i) const {
  stage.split(i, row, thread, knobs.threads_i, TailStrategy::RoundUp).unroll(row);
}

void QueryLoops::split_channels(Halide::Stage stage, const Attention& op,
                                const AttentionSpec& spec) const {
  stage.split(op.d, column, d_thread, channel_threads(spec), TailStrategy::RoundUp).unroll(column);
}

namespace {

/// Copies into shared memory, in the order of storage; `all` is every dimension in one.
void load(Func tile, const Var& all, const QueryTile& knobs) {
  Var rest("rest"), x("x"), y("y"), step("step");
  tile.store_in(MemoryType::GPUShared)
      .split(all, rest, x, kLanes, TailStrategy::GuardWithIf)
      .split(rest, step, y, knobs.threads_i, TailStrategy::GuardWithIf)
      .reorder(x, y, step)
      .gpu_threads(x, y);
}

void schedule_output(Attention& op, const AttentionSpec& spec, const QueryLoops& loops) {
  Var i("i");
  op.output.split(op.i, loops.tile, i, loops.knobs.queries(), TailStrategy::GuardWithIf);
  loops.split_queries(op.output, i);
  loops.split_channels(op.output, op, spec);
  op.output.reorder(loops.column, loops.row, loops.d_thread, loops.thread, loops.tile, op.h, op.b)
      .gpu_threads(loops.d_thread, loops.thread)
      .gpu_blocks(loops.tile, op.h, op.b);
  op.inv_sum.compute_at(op.output, loops.row);

  op.acc.compute_at(op.output, loops.tile)
      .store_in(MemoryType::Register)
      .bound_extent(op.d, spec.head_size)
      .bound_extent(op.i, loops.knobs.queries());
  RVar j_tile("j_tile"), j("j");
  op.acc.update().split(op.rj, j_tile, j, loops.knobs.j_c, TailStrategy::GuardWithIf);
  for (Halide::Stage stage : {Halide::Stage(op.acc), Halide::Stage(op.acc.update())}) {
    loops.split_queries(stage, op.i);
    loops.split_channels(stage, op, spec);
  }
  op.acc.reorder(loops.column, loops.row, loops.d_thread, loops.thread)
      .gpu_threads(loops.d_thread, loops.thread);
  op.acc.update()
      .reorder(loops.column, loops.row, j, loops.d_thread, loops.thread, j_tile)
      .gpu_threads(loops.d_thread, loops.thread);

  Var all("all");
  op.values.compute_at(op.acc, j_tile)
      .bound_extent(op.channel, value_strip(spec))
      .bound_extent(op.strip, spec.head_size / value_strip(spec))
      .bound_extent(op.j, loops.knobs.j_c)
      .reorder_storage(op.channel, op.strip, op.j, op.h, op.b)
      .reorder(op.channel, op.strip, op.j)
      .fuse(op.channel, op.strip, all)
      .fuse(all, op.j, all);
  load(op.values, all, loops.knobs);
}

void schedule_scores(Attention& op, const AttentionSpec& spec, const QueryLoops& loops) {
  const int blocks = lane_blocks(spec.tokens);
  op.scores.compute_at(op.output, loops.tile)
      .store_in(MemoryType::Register)
      .bound_extent(op.lane, kLanes)
      .bound_extent(op.block, blocks)
      .bound_extent(op.i, loops.knobs.queries());
  RVar d_tile("d_tile"), d("d");
  op.scores.update().split(op.rd, d_tile, d, loops.knobs.d_c);
  for (Halide::Stage stage : {Halide::Stage(op.scores), Halide::Stage(op.scores.update())}) {
    loops.split_queries(stage, op.i);
    stage.unroll(op.block);
  }
  op.scores.reorder(op.block, loops.row, op.lane, loops.thread).gpu_threads(op.lane, loops.thread);
  op.scores.update()
      .reorder(op.block, loops.row, d, op.lane, loops.thread, d_tile)
      .gpu_threads(op.lane, loops.thread);

  Var all("all");
  op.keys.compute_at(op.scores, d_tile)
      .bound_extent(op.lane, kLanes)
      .bound_extent(op.d, loops.knobs.d_c)
      .bound_extent(op.block, blocks)
      .reorder_storage(op.d, op.lane, op.block, op.h, op.b)
      .align_storage(op.d, odd(loops.knobs.d_c))
      .reorder(op.d, op.lane, op.block)
      .fuse(op.d, op.lane, all)
      .fuse(all, op.block, all);
  load(op.keys, all, loops.knobs);
}

void schedule_softmax(Attention& op, const AttentionSpec& spec, const QueryLoops& loops) {
  const int blocks = lane_blocks(spec.tokens);
  for (Func lanes : {op.lane_max, op.lane_sum}) {
    lanes.compute_at(op.output, loops.tile)
        .store_in(MemoryType::GPUShared)
        .bound_extent(op.lane, kLanes)
        .bound_extent(op.i, loops.knobs.queries());
    for (Halide::Stage stage : {Halide::Stage(lanes), Halide::Stage(lanes.update())}) {
      loops.split_queries(stage, op.i);
    }
    lanes.reorder(loops.row, op.lane, loops.thread).gpu_threads(op.lane, loops.thread);
    lanes.update()
        .reorder(op.blocks, loops.row, op.lane, loops.thread)
        .unroll(op.blocks)
        .gpu_threads(op.lane, loops.thread);
  }
  op.probs.compute_at(op.output, loops.tile)
      .store_in(MemoryType::GPUShared)
      .bound_extent(op.lane, kLanes)
      .bound_extent(op.block, blocks)
      .bound_extent(op.i, loops.knobs.queries())
      .align_storage(op.block, odd(blocks));
  loops.split_queries(op.probs, op.i);
  op.probs.unroll(op.block)
      .reorder(op.block, loops.row, op.lane, loops.thread)
      .gpu_threads(op.lane, loops.thread);
  op.row_max.compute_at(op.probs, loops.row);
  if (op.probs.has_update_definition()) {
    const QueryLoops last{.knobs = loops.knobs, .thread{"last_thread"}, .row{"last_row"}};
    last.split_queries(op.probs.update(), op.i);
    op.probs.update().reorder(last.row, op.lane, last.thread).gpu_threads(op.lane, last.thread);
  }
}

}  // namespace

QueryLoops put_attention_on_gpu(Attention& op, const AttentionSpec& spec, const QueryTile& tile) {
  const QueryLoops loops{.knobs = tile};
  schedule_output(op, spec, loops);
  schedule_scores(op, spec, loops);
  schedule_softmax(op, spec, loops);
  return loops;
}

}  // namespace vitgen
