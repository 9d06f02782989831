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
      left_(code, left, {shape.block_m, shape.block_k, false}, first_row, shape.threads),
      right_(code, right, {shape.block_n, shape.block_k, true}, first_column, shape.threads) {}

void TileRing::begin() {
  for (int stage = 0; stage + 1 < shape_.stages; ++stage) {
    if (stage < steps_) begin_copies(code_.index(stage));
    code_.commit_copies();
  }
}

Value* TileRing::take(Index step) {
  code_.wait_for_copies(shape_.stages - 2);
  if (shape_.asynchronous_reader) code_.show_to_asynchronous_readers();
  code_.barrier();
  const Index next = step + (shape_.stages - 1);
  code_.when(next.below(steps_), [&] { begin_copies(next); });
  // An empty group where nothing was begun: the count of those in flight stays the same.
  code_.commit_copies();
  return stage(step);
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
