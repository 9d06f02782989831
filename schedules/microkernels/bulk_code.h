#pragma once
// Bulk tensor copies of sm_90 and the barriers in shared memory that they report to, as inline PTX.
// Source: PTX ISA 8.5, 9.7.8.24.9 (cp.async.bulk.tensor) and 9.7.12.15 (mbarrier).

#include <vector>

#include "schedules/microkernels/kernel_code.h"

namespace vitgen::microkernels {

inline constexpr int kMemoryBarrierBytes = 8;

/// Makes 8 bytes of shared memory a barrier whose phases each end after `arrivals` arrivals and all
/// bytes that are expected.
void make_memory_barrier(KernelCode& code, llvm::Value* barrier, int arrivals);
/// Bulk copies can use the barriers that this thread has made; other threads after a barrier of the
/// block.
void show_memory_barriers(KernelCode& code);
void arrive(KernelCode& code, llvm::Value* barrier);
/// Arrives, and keeps the phase from ending before copies have brought `bytes` bytes.
void arrive_expecting(KernelCode& code, llvm::Value* barrier, int bytes);
/// Waits for the end of the barrier's phase of that parity: phase 0 has 0, the one before it 1.
void await_phase(KernelCode& code, llvm::Value* barrier, Index parity);

/// Begins to copy the box at `coordinates`, innermost first, of the tensor that `map` describes.
/// Its bytes count at `barrier`, zeros beyond the tensor's edges too.
void begin_bulk_copy(KernelCode& code, llvm::Value* shared, llvm::Value* map,
                     const std::vector<Index>& coordinates, llvm::Value* barrier);
void prefetch_map(KernelCode& code, llvm::Value* map);

}  // namespace vitgen::microkernels
