#pragma once
// The device code of the model in gpu_model.h: PTX that only declares its entries, and functions of
// the host that do their work.

#include "tests/cuda/fake/fake_cuda.h"

namespace vitgen::test {

inline constexpr char kMainPtx[] = R"(
.version 7.0
.target sm_80
.visible .entry affine(.param .u64 .ptr .global .align 4 x, .param .u64 scale, .param .u64 y,
                       .param .u32 images) { ret; }
.visible .entry pool(.param .u64 x, .param .u64 y, .param .u32 images) { ret; }
)";
inline constexpr char kProjectPtx[] = R"(
.version 7.0
.target sm_80
.visible .entry gather(.param .u64 from, .param .u64 to, .param .u32 images) { ret; }
.visible .entry dot(.param .u64 x, .param .u64 weight, .param .u64 y, .param .u32 images) { ret; }
)";
inline constexpr unsigned kPoolSharedBytes = 60 * 1024;

/// Does one launch in the fake driver's memory; 700 (an illegal address) where it would leave it.
int run_gpu_kernel(const fake_cuda::Launch& launch);

}  // namespace vitgen::test
