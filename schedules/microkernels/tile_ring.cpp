#include "schedules/microkernels/tile_ring.h"

#include "schedules/microkernels/device_code.h"

namespace vitgen::microkernels {

using llvm::Value;

int left_bytes(const RingShape& shape) { return shape.block_m * shape.block_k * kElementBytes; }

int stage_bytes(const RingShape& shape) {
  return left_bytes(shape) + shape.block_n * shape.block_k * kElementBytes;
}

TileRing::TileRing(KernelCode& code, const RingShape& shape, const MatrixInMemory& left,
                   Index first_row, const MatrixInMemory& right, Index first_column)
    : code_(code),
      shape_(shape),
      steps_((left.k + shape.block_k - 1) / shape.block_k),
      ahead_(shape.stages - (shape.asynchronous_reader ? 2 : 1)),
      left_(code, left, {shape.block_m, shape.block_k, false}, first_row, shape.threads),
      right_(code, right, {shape.block_n, shape.block_k, true}, first_column, shape.threads) {}

void TileRing::begin() {
  for (int step = 0; step < ahead_; ++step) {
    if (step < steps_) begin_copies(code_.index(step));
    code_.commit_copies();
  }
}

Value* TileRing::await(Index step) {
  code_.wait_for_copies(ahead_ - 1);
  if (shape_.asynchronous_reader) code_.show_to_asynchronous_readers();
  code_.barrier();
  return stage(step);
}

void TileRing::refill(Index step) {
  const Index next = step + ahead_;
  code_.when(next.below(steps_), [&] { begin_copies(next); });
  // An empty group where nothing was begun: the count of those in flight stays the same.
  code_.commit_copies();
}

Value* TileRing::take(Index step) {
  Value* tile = await(step);
  refill(step);
  return tile;
}

Value* TileRing::stage(Index step) {
  return code_.at(code_.shared(), step % shape_.stages * stage_bytes(shape_));
}

void TileRing::begin_copies(Index step) {
  Value* tile = stage(step);
  left_.begin(tile, step);
  right_.begin(code_.at(tile, left_bytes(shape_)), step);
}

}  // namespace vitgen::microkernels
