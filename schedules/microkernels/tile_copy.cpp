#include "schedules/microkernels/tile_copy.h"

#include "schedules/microkernels/device_code.h"
#include "schedules/microkernels/warp_maps.h"

namespace vitgen::microkernels {

using llvm::Value;

TileCopy::TileCopy(KernelCode& code, const MatrixInMemory& matrix, const TileOfMatrix& tile,
                   Index first_row, int threads)
    : code_(code),
      matrix_(matrix),
      depth_(tile.depth),
      column_(code.thread() % (tile.depth / kChunk) * kChunk) {
  const int chunks = tile.depth / kChunk;
  const int rows_at_once = threads / chunks;
  for (int done = 0; done < tile.rows; done += rows_at_once) {
    const Index row = code.thread() / chunks + done;
    const Index source = first_row + (tile.shuffled ? output_column(row) : row);
    rows_.push_back(code.at_row(matrix.elements, source.at_most(matrix.rows - 1),
                                std::int64_t{matrix.k} * kElementBytes));
    targets_.push_back(shared_chunk(row, code.thread() % chunks, chunks) * kChunkBytes);
  }
}

void TileCopy::begin(Value* shared_tile, Index step) {
  Index column = step * depth_ + column_;
  Value* bytes = nullptr;
  if (matrix_.k % depth_ != 0) {
    llvm::IRBuilder<>& ir = code_.ir();
    Value* inside = column.below(matrix_.k);
    bytes = ir.CreateSelect(inside, ir.getInt32(kChunkBytes), ir.getInt32(0));
    column = {ir, ir.CreateSelect(inside, column.value(), ir.getInt32(0))};
  }
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    code_.copy_chunk(code_.at(shared_tile, targets_[i]), code_.at(rows_[i], column * kElementBytes),
                     bytes);
  }
}

}  // namespace vitgen::microkernels
