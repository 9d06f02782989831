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

/// Begins to add left right to the sums of 64 rows x `columns`, for 64 terms: a group of its own.
/// Sums of a lane stand as those of products of 16 x 8 side by side; `left` and `right` point to
/// shared memory. Until the group is waited for, what is returned may only be given to the next
/// product, and the factors must not change.
KernelCode::Values begin_warpgroup_product(KernelCode& code, Element element, int columns,
                                           const KernelCode::Values& sums, llvm::Value* left,
                                           llvm::Value* right);

/// Waits for all groups but the latest `in_flight`: their factors have been read.
void wait_for_warpgroup_products(KernelCode& code, int in_flight);

/// Waits for all groups; what is returned can be read.
KernelCode::Values finish_warpgroup_products(KernelCode& code, const KernelCode::Values& sums);

}  // namespace vitgen::microkernels
