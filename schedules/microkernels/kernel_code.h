#pragma once
// The IR of one kernel on a GPU, written from the view of one thread.

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "schedules/microkernels/index.h"

namespace vitgen::microkernels {

struct KernelOutline {
  std::string entry;
  int pointers = 0;  ///< parameters: device addresses of memory that does not overlap
  int threads = 32;
  int blocks = 1;   ///< that are to share a multiprocessor: the assembler limits registers to that
  int maps = 0;     ///< parameters before the pointers: tensor maps, for bulk copies
  int numbers = 0;  ///< parameters after the pointers, of 32 bits
};

class KernelCode {
 public:
  using Values = std::vector<llvm::Value*>;
  using Matrices = std::array<llvm::Value*, 4>;

  /// Adds the kernel to `module`; `finish` ends it.
  KernelCode(llvm::Module& module, const KernelOutline& outline);
  void finish() { ir_.CreateRetVoid(); }

  llvm::IRBuilder<>& ir() { return ir_; }
  Index index(int value) { return {ir_, ir_.getInt32(static_cast<std::uint32_t>(value))}; }
  Index thread() const { return thread_; }
  Index block() const { return block_; }
  llvm::Value* parameter(int number);              ///< a pointer, or the address of a tensor map
  llvm::Value* shared() const { return shared_; }  ///< dynamic shared memory, 1024-byte aligned

  llvm::Value* at(llvm::Value* pointer, Index bytes);
  llvm::Value* at(llvm::Value* pointer, std::int64_t bytes);
  /// With 64 bits, for what exceeds 4 GiB.
  llvm::Value* at_row(llvm::Value* pointer, Index row, std::int64_t row_bytes);
  llvm::Value* load(llvm::Type* type, llvm::Value* pointer, int alignment);
  void store(llvm::Value* value, llvm::Value* pointer, int alignment);

  void when(llvm::Value* condition, const std::function<void()>& body);
  /// body(step, carried values) gives those of the next step; returns the last.
  Values loop(int steps, const Values& carried,
              const std::function<Values(Index, const Values&)>& body) {
    return loop(index(steps), carried, body);
  }
  /// The same with a number that a launch names, at least 1.
  Values loop(Index steps, const Values& carried,
              const std::function<Values(Index, const Values&)>& body);

  llvm::CallInst* intrinsic(llvm::Intrinsic::ID id, llvm::ArrayRef<llvm::Value*> arguments,
                            llvm::ArrayRef<llvm::Type*> types = {});
  void barrier();
  /// Begins to copy a chunk from global to shared memory; with `bytes` 0 it becomes zeros.
  void copy_chunk(llvm::Value* shared, llvm::Value* global, llvm::Value* bytes = nullptr);
  void commit_copies();
  void wait_for_copies(int groups_in_flight);
  /// What this thread has written to shared memory or copied there can be read by wgmma.
  void show_to_asynchronous_readers();
  /// ldmatrix: four 8 x 8 matrices, of which each lane addresses one row.
  Matrices load_matrices(llvm::Value* chunk, bool transposed = false);
  /// From the lane whose number differs in the bits of `mask`.
  llvm::Value* shuffle(llvm::Value* value, int mask);

 private:
  llvm::Function* function_;
  llvm::IRBuilder<> ir_;
  Index thread_, block_;
  llvm::Value* shared_;
};

}  // namespace vitgen::microkernels
