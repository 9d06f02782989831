#include "schedules/cuda/attention.h"

#include <algorithm>

#include "generators/ops/support/lanes.h"
#include "schedules/rule.h"
#include "schedules/support/gpu_block.h"
#include "schedules/support/thread_registers.h"

namespace vitgen {

using Halide::Func;
using Halide::MemoryType;
using Halide::RVar;
using Halide::TailStrategy;
using Halide::Var;

namespace {

// Sums of a thread. Scores are unrolled for each of them, and with a hundred of the 255 registers
// of a thread the factors of a product still find room.
constexpr int kMaxSums = 96;

/// Threads along the channels of the output.
int channel_threads(const AttentionSpec& spec) { return largest_divisor(spec.head_size, kLanes); }

int queries(const CudaAttention::Knobs& knobs) { return knobs.threads_i * knobs.m_r; }

std::int64_t blocks(const AttentionSpec& spec, const CudaAttention::Knobs& knobs) {
  const int tiles = (spec.tokens + queries(knobs) - 1) / queries(knobs);
  return std::int64_t{tiles} * spec.heads * spec.batch;
}

/// Odd, so that neighbours along the dimension outside of it lie in different banks.
int odd(int extent) { return extent | 1; }

std::int64_t shared_floats(const AttentionSpec& spec, const CudaAttention::Knobs& knobs) {
  const std::int64_t columns = std::int64_t{kLanes} * odd(lane_blocks(spec.tokens));
  return columns * (queries(knobs) + odd(knobs.d_c)) +  // probs, keys
         std::int64_t{spec.head_size} * knobs.j_c +     // values
         std::int64_t{2} * kLanes * queries(knobs);     // lane_max, lane_sum
}

/// The first rule that the knobs break, or nothing.
std::string_view broken_rule(const AttentionSpec& spec, const CudaAttention::Knobs& knobs,
                             const Machine& machine) {
  const int threads = kLanes * knobs.threads_i;
  if (knobs.threads_i < 1 || threads > machine.max_threads || threads % machine.warp != 0) {
    return "16 threads_i is whole warps and within the block's limit";
  }
  const int score_sums = lane_blocks(spec.tokens) * knobs.m_r;
  const int output_sums = spec.head_size / channel_threads(spec) * knobs.m_r;
  if (knobs.m_r < 1 || std::max(score_sums, output_sums) > kMaxSums) {
    return "m_r queries are at most 96 sums of a thread";
  }
  if (knobs.d_c < 1 || spec.head_size % knobs.d_c != 0) return "d_c divides the head size";
  if (knobs.j_c < 1) return "1 <= j_c";
  if (4 * shared_floats(spec, knobs) > machine.shared_bytes) {
    return "probs, keys and values fit in shared memory";
  }
  return std::max(spec.heads, spec.batch) <= kMostBlocksAcross ? "" : "at most 65535 heads, images";
}

/// The queries of one block.
struct QueryLoops {
  const CudaAttention::Knobs& knobs;
  Var thread{"i_thread"}, row{"row"};

  void split(Halide::Stage stage, const Var& i) const {
    stage.split(i, row, thread, knobs.threads_i, TailStrategy::RoundUp).unroll(row);
  }
};

/// Copies into shared memory, in the order of storage; `all` is every dimension in one.
void load(Func tile, const Var& all, const CudaAttention::Knobs& knobs) {
  Var rest("rest"), x("x"), y("y"), step("step");
  tile.store_in(MemoryType::GPUShared)
      .split(all, rest, x, kLanes, TailStrategy::GuardWithIf)
      .split(rest, step, y, knobs.threads_i, TailStrategy::GuardWithIf)
      .reorder(x, y, step)
      .gpu_threads(x, y);
}

void schedule_output(Attention& op, const AttentionSpec& spec, const QueryLoops& rows,
                     const Var& tile) {
  const int threads_d = channel_threads(spec);
  Var i("i"), column("column"), d_thread("d_thread");
  const auto channels = [&](Halide::Stage stage) {
    stage.split(op.d, column, d_thread, threads_d, TailStrategy::RoundUp).unroll(column);
  };
  op.output.split(op.i, tile, i, queries(rows.knobs), TailStrategy::GuardWithIf);
  rows.split(op.output, i);
  channels(op.output);
  op.output.reorder(column, rows.row, d_thread, rows.thread, tile, op.h, op.b)
      .gpu_threads(d_thread, rows.thread)
      .gpu_blocks(tile, op.h, op.b);
  op.inv_sum.compute_at(op.output, rows.row);

  op.acc.compute_at(op.output, tile)
      .store_in(MemoryType::Register)
      .bound_extent(op.d, spec.head_size)
      .bound_extent(op.i, queries(rows.knobs));
  RVar j_tile("j_tile"), j("j");
  op.acc.update().split(op.rj, j_tile, j, rows.knobs.j_c, TailStrategy::GuardWithIf);
  for (Halide::Stage stage : {Halide::Stage(op.acc), Halide::Stage(op.acc.update())}) {
    rows.split(stage, op.i);
    channels(stage);
  }
  op.acc.reorder(column, rows.row, d_thread, rows.thread).gpu_threads(d_thread, rows.thread);
  op.acc.update()
      .reorder(column, rows.row, j, d_thread, rows.thread, j_tile)
      .gpu_threads(d_thread, rows.thread);

  Var all("all");
  op.values.compute_at(op.acc, j_tile)
      .bound_extent(op.channel, value_strip(spec))
      .bound_extent(op.strip, spec.head_size / value_strip(spec))
      .bound_extent(op.j, rows.knobs.j_c)
      .reorder_storage(op.channel, op.strip, op.j, op.h, op.b)
      .reorder(op.channel, op.strip, op.j)
      .fuse(op.channel, op.strip, all)
      .fuse(all, op.j, all);
  load(op.values, all, rows.knobs);
}

void schedule_scores(Attention& op, const AttentionSpec& spec, const QueryLoops& rows,
                     const Var& tile) {
  const int blocks = lane_blocks(spec.tokens);
  op.scores.compute_at(op.output, tile)
      .store_in(MemoryType::Register)
      .bound_extent(op.lane, kLanes)
      .bound_extent(op.block, blocks)
      .bound_extent(op.i, queries(rows.knobs));
  RVar d_tile("d_tile"), d("d");
  op.scores.update().split(op.rd, d_tile, d, rows.knobs.d_c);
  for (Halide::Stage stage : {Halide::Stage(op.scores), Halide::Stage(op.scores.update())}) {
    rows.split(stage, op.i);
    stage.unroll(op.block);
  }
  op.scores.reorder(op.block, rows.row, op.lane, rows.thread).gpu_threads(op.lane, rows.thread);
  op.scores.update()
      .reorder(op.block, rows.row, d, op.lane, rows.thread, d_tile)
      .gpu_threads(op.lane, rows.thread);

  Var all("all");
  op.keys.compute_at(op.scores, d_tile)
      .bound_extent(op.lane, kLanes)
      .bound_extent(op.d, rows.knobs.d_c)
      .bound_extent(op.block, blocks)
      .reorder_storage(op.d, op.lane, op.block, op.h, op.b)
      .align_storage(op.d, odd(rows.knobs.d_c))
      .reorder(op.d, op.lane, op.block)
      .fuse(op.d, op.lane, all)
      .fuse(all, op.block, all);
  load(op.keys, all, rows.knobs);
}

void schedule_softmax(Attention& op, const AttentionSpec& spec, const QueryLoops& rows,
                      const Var& tile) {
  const int blocks = lane_blocks(spec.tokens);
  for (Func lanes : {op.lane_max, op.lane_sum}) {
    lanes.compute_at(op.output, tile)
        .store_in(MemoryType::GPUShared)
        .bound_extent(op.lane, kLanes)
        .bound_extent(op.i, queries(rows.knobs));
    for (Halide::Stage stage : {Halide::Stage(lanes), Halide::Stage(lanes.update())}) {
      rows.split(stage, op.i);
    }
    lanes.reorder(rows.row, op.lane, rows.thread).gpu_threads(op.lane, rows.thread);
    lanes.update()
        .reorder(op.blocks, rows.row, op.lane, rows.thread)
        .unroll(op.blocks)
        .gpu_threads(op.lane, rows.thread);
  }
  op.probs.compute_at(op.output, tile)
      .store_in(MemoryType::GPUShared)
      .bound_extent(op.lane, kLanes)
      .bound_extent(op.block, blocks)
      .bound_extent(op.i, queries(rows.knobs))
      .align_storage(op.block, odd(blocks));
  rows.split(op.probs, op.i);
  op.probs.unroll(op.block)
      .reorder(op.block, rows.row, op.lane, rows.thread)
      .gpu_threads(op.lane, rows.thread);
  op.row_max.compute_at(op.probs, rows.row);
  if (op.probs.has_update_definition()) {
    const QueryLoops last{rows.knobs, Var("last_thread"), Var("last_row")};
    last.split(op.probs.update(), op.i);
    op.probs.update().reorder(last.row, op.lane, last.thread).gpu_threads(op.lane, last.thread);
  }
}

/// With as many channels and tokens in shared memory as fit, the channels no fewer than `d_least`.
std::optional<CudaAttention::Knobs> fitting(const AttentionSpec& spec, const Machine& machine,
                                            CudaAttention::Knobs knobs, int d_least) {
  for (knobs.d_c = largest_divisor(spec.head_size, kLanes); knobs.d_c >= d_least;
       knobs.d_c = largest_divisor(spec.head_size, knobs.d_c - 1)) {
    for (const int j_c : {32, 16}) {
      knobs.j_c = j_c;
      if (broken_rule(spec, knobs, machine).empty()) return knobs;
    }
    if (knobs.d_c == 1) break;
  }
  return std::nullopt;
}

}  // namespace

std::optional<CudaAttention::Knobs> CudaAttention::defaults(const Spec& spec,
                                                            const Machine& machine) {
  if (machine.kind != MachineKind::gpu) return std::nullopt;
  std::optional<Knobs> best;
  // Of keys a sector of 32 bytes is read at least, if the head has as many channels and there is
  // room; then the largest tiles, until each multiprocessor has a block.
  const int sector = largest_divisor(spec.head_size, 8);
  for (const int d_least : {sector, 1}) {
    for (const int m_r : {4, 2, 1}) {
      for (const int threads_i : {8, 4, 2}) {
        const Knobs tile{.threads_i = threads_i, .m_r = m_r};
        const auto knobs = fitting(spec, machine, tile, d_least);
        if (!knobs) continue;
        if (!best || blocks(spec, *best) < machine.multiprocessors) best = knobs;
      }
    }
    if (best) return best;
  }
  return best;
}

std::vector<CudaAttention::Knobs> CudaAttention::space(const Spec& spec, const Machine& machine) {
  std::vector<Knobs> space;
  for (const int threads_i : {2, 4, 8, 16}) {
    for (const int m_r : {1, 2, 4, 8}) {
      for (int d_c = 1; d_c <= kLanes; ++d_c) {
        if (spec.head_size % d_c != 0) continue;
        for (const int j_c : {16, 32, 64}) {
          const Knobs knobs{.threads_i = threads_i, .m_r = m_r, .d_c = d_c, .j_c = j_c};
          if (broken_rule(spec, knobs, machine).empty()) space.push_back(knobs);
        }
      }
    }
  }
  return space;
}

void CudaAttention::apply(Attention& op, const Spec& spec, const Machine& machine,
                          const Knobs& knobs) {
  const std::string_view broken = broken_rule(spec, knobs, machine);
  require_knobs(broken.empty(), broken);
  const QueryLoops rows{knobs};
  Var tile("tile");
  schedule_output(op, spec, rows, tile);
  schedule_scores(op, spec, rows, tile);
  schedule_softmax(op, spec, rows, tile);
  op.algorithm.lowering_passes.push_back(thread_registers());
}

}  // namespace vitgen
