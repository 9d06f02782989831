#pragma once
// The part of one thread in bringing rows of one head to shared memory. A row has an odd number of
// chunks there, so that eight rows of one column of chunks lie in different banks.

#include "schedules/microkernels/device_code.h"
#include "schedules/microkernels/kernel_code.h"

namespace vitgen::microkernels {

/// Chunks of a row that are filled: whole steps of 16 terms. What the head lacks is zero.
constexpr int chunks_of_head(int head_size) { return (head_size + 15) / 16 * 2; }
/// From row to row in shared memory, in chunks.
constexpr int shared_row_chunks(int head_size) { return chunks_of_head(head_size) + 1; }
constexpr int shared_row_bytes(int head_size) { return shared_row_chunks(head_size) * kChunkBytes; }

struct HeadRows {
  llvm::Value* first = nullptr;  ///< of a head in global memory
  int rows = 1;                  ///< further ones repeat the last
  std::int64_t row_bytes = 0;
  int head_size = 64;
};

/// Begins to copy `count` rows from `first_row` on to `shared`.
void copy_rows(KernelCode& code, const HeadRows& from, Index first_row, int count,
               llvm::Value* shared, int threads);

}  // namespace vitgen::microkernels
