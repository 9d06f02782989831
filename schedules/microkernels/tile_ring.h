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
  bool asynchronous_reader = false;  ///< wgmma reads the stages
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
  /// Waits for the tiles of a step and begins those of a later one; returns where they lie. All
  /// threads have read the tiles of the step before.
  llvm::Value* take(Index step);

 private:
  void begin_copies(Index step);
  llvm::Value* stage(Index step);

  KernelCode& code_;
  RingShape shape_;
  int steps_;
  TileCopy left_, right_;
};

}  // namespace vitgen::microkernels
