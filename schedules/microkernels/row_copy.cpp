#include "schedules/microkernels/row_copy.h"

namespace vitgen::microkernels {

using llvm::Value;

void copy_rows(KernelCode& code, const HeadRows& from, Index first_row, int count, Value* shared,
               int threads) {
  llvm::IRBuilder<>& ir = code.ir();
  const int chunks = chunks_of_head(from.head_size);
  const int filled = from.head_size / kChunk;
  const auto copy = [&](Index number) {
    const Index row = number / chunks;
    const Index chunk = number % chunks;
    Value* bytes = nullptr;
    Index source = chunk;
    if (filled != chunks) {
      bytes = ir.CreateSelect(chunk.below(filled), ir.getInt32(kChunkBytes), ir.getInt32(0));
      source = chunk.at_most(filled - 1);
    }
    Value* global =
        code.at_row(from.first, (first_row + row).at_most(from.rows - 1), from.row_bytes);
    code.copy_chunk(
        code.at(shared, (row * shared_row_chunks(from.head_size) + chunk) * kChunkBytes),
        code.at(global, source * kChunkBytes), bytes);
  };
  for (int done = 0; done < count * chunks; done += threads) {
    const Index number = code.thread() + done;
    if (done + threads <= count * chunks) {
      copy(number);
    } else {
      code.when(number.below(count * chunks), [&] { copy(number); });
    }
  }
}

}  // namespace vitgen::microkernels
