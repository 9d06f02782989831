#pragma once
// wgmma.mma_async as inline PTX: LLVM 19 has no intrinsics for it.
// Source: PTX ISA 8.5, 9.7.15 (asynchronous warpgroup-level matrix instructions).

#include "schedules/microkernels/device_code.h"
#include "schedules/microkernels/kernel_code.h"

namespace vitgen::microkernels {

inline constexpr int kWarpgroupRows = 64;
/// What a matrix in shared memory begins at a multiple of: eight rows of 128 bytes, in which chunks
/// lie as shared_chunk says.
inline constexpr int kSwizzleBytes = 1024;

/// sums + left right for 64 rows x `columns` of 64 terms. Sums of a lane stand as those of products
/// of 16 x 8 side by side; `left` and `right` point to shared memory.
KernelCode::Values add_warpgroup_product(KernelCode& code, Element element, int columns,
                                         const KernelCode::Values& sums, llvm::Value* left,
                                         llvm::Value* right);

}  // namespace vitgen::microkernels
