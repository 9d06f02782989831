#pragma once
// The part of one thread in bringing tiles of a matrix from global to shared memory.

#include <vector>

#include "schedules/microkernels/kernel_code.h"

namespace vitgen::microkernels {

/// Rows of k elements, k a multiple of 8.
struct MatrixInMemory {
  llvm::Value* elements = nullptr;
  int rows = 1;
  int k = 8;
};

struct TileOfMatrix {
  int rows = 16;
  int depth = 32;         ///< elements of a row, 32 or 64
  bool shuffled = false;  ///< row r of the tile is row output_column(r) from its first on
};

class TileCopy {
 public:
  /// The tile whose first row is `first_row`. Rows past the last repeat it: what they give is not
  /// stored.
  TileCopy(KernelCode& code, const MatrixInMemory& matrix, const TileOfMatrix& tile,
           Index first_row, int threads);

  /// Begins the copies of the tile of elements `depth` step to `depth` (step + 1); elements past
  /// the last become zeros.
  void begin(llvm::Value* shared_tile, Index step);

 private:
  KernelCode& code_;
  MatrixInMemory matrix_;
  int depth_;
  Index column_;  ///< of this thread's chunks in the tile
  std::vector<llvm::Value*> rows_;
  std::vector<Index> targets_;
};

}  // namespace vitgen::microkernels
