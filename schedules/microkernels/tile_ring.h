#pragma once
// Tiles of both factors of a product, on their way through stages in shared memory: while one is
// multiplied, the next are being copied.

#include "schedules/microkernels/tile_copy.h"

namespace vitgen::microkernels {

struct RingShape {
  int block_m = 128;
  int block_n = 128;
  int block_k = 32;
  int stages = 4;
  int threads = 128;
  /// wgmma reads the stages: that of a step may still be read while the next one is begun.
  bool asynchronous_reader = false;
};

/// Of one stage: block_m rows of the left factor, then block_n of the right one, shuffled.
int stage_bytes(const RingShape& shape);
int left_bytes(const RingShape& shape);

class TileRing {
 public:
  TileRing(KernelCode& code, const RingShape& shape, const MatrixInMemory& left, Index first_row,
           const MatrixInMemory& right, Index first_column);

  int steps() const { return steps_; }
  void begin();
  /// Waits for the tiles of a step; returns where they lie. All threads have read the tiles of the
  /// step before, or with an asynchronous reader of that before it.
  llvm::Value* await(Index step);
  /// Begins the copies of the step whose stage is the next that all have read. Once after await.
  void refill(Index step);
  /// Both.
  llvm::Value* take(Index step);

 private:
  void begin_copies(Index step);
  llvm::Value* stage(Index step);

  KernelCode& code_;
  RingShape shape_;
  int steps_;
  int ahead_;  ///< steps from the one that is read to the one whose copies are begun
  TileCopy left_, right_;
};

}  // namespace vitgen::microkernels
