#pragma once
// The device code of the model in gpu_model.h: PTX, and functions of the host that do the same.

#include <string>

#include "tests/cuda/fake/fake_cuda.h"

namespace vitgen::test {

/// y = x * scale + 1 with one block an image and one thread a token; sums of four.
inline constexpr char kMainPtx[] = R"(
.version 7.0
.target sm_80
.address_size 64
.visible .entry affine(.param .u64 x, .param .u64 scale, .param .u64 y, .param .u32 images) {
  .reg .pred %p<2>;
  .reg .b32 %r<4>;
  .reg .f32 %f<4>;
  .reg .b64 %rd<9>;
  mov.u32 %r1, %ctaid.x;
  mov.u32 %r2, %tid.x;
  setp.ge.u32 %p1, %r2, 12;
  @%p1 bra $done;
  ld.param.u64 %rd1, [x];
  ld.param.u64 %rd2, [scale];
  ld.param.u64 %rd3, [y];
  mad.lo.s32 %r3, %r1, 12, %r2;
  mul.wide.u32 %rd4, %r3, 4;
  mul.wide.u32 %rd5, %r2, 4;
  add.s64 %rd6, %rd1, %rd4;
  add.s64 %rd7, %rd2, %rd5;
  add.s64 %rd8, %rd3, %rd4;
  ld.global.f32 %f1, [%rd6];
  ld.global.f32 %f2, [%rd7];
  mul.rn.f32 %f3, %f1, %f2;
  add.rn.f32 %f3, %f3, 0f3F800000;
  st.global.f32 [%rd8], %f3;
$done:
  ret;
}
.visible .entry pool(.param .u64 x, .param .u64 y, .param .u32 images) {
  .reg .pred %p<2>;
  .reg .b32 %r<4>;
  .reg .f32 %f<6>;
  .reg .b64 %rd<7>;
  mov.u32 %r1, %ctaid.x;
  mov.u32 %r2, %tid.x;
  setp.ge.u32 %p1, %r2, 3;
  @%p1 bra $done;
  ld.param.u64 %rd1, [x];
  ld.param.u64 %rd2, [y];
  mad.lo.s32 %r3, %r1, 3, %r2;
  mul.wide.u32 %rd3, %r3, 16;
  mul.wide.u32 %rd4, %r3, 4;
  add.s64 %rd5, %rd1, %rd3;
  add.s64 %rd6, %rd2, %rd4;
  ld.global.v4.f32 {%f1, %f2, %f3, %f4}, [%rd5];
  add.rn.f32 %f5, %f1, %f2;
  add.rn.f32 %f5, %f5, %f3;
  add.rn.f32 %f5, %f5, %f4;
  st.global.f32 [%rd6], %f5;
$done:
  ret;
}
)";

/// A copy, then products of the copy with one thread a class.
inline constexpr char kProjectPtx[] = R"(
.version 7.0
.target sm_80
.address_size 64
.visible .entry gather(.param .u64 from, .param .u64 to, .param .u32 images) {
  .reg .pred %p<2>;
  .reg .b32 %r<4>;
  .reg .f32 %f<2>;
  .reg .b64 %rd<6>;
  mov.u32 %r1, %ctaid.x;
  mov.u32 %r2, %tid.x;
  setp.ge.u32 %p1, %r2, 12;
  @%p1 bra $done;
  ld.param.u64 %rd1, [from];
  ld.param.u64 %rd2, [to];
  mad.lo.s32 %r3, %r1, 12, %r2;
  mul.wide.u32 %rd3, %r3, 4;
  add.s64 %rd4, %rd1, %rd3;
  add.s64 %rd5, %rd2, %rd3;
  ld.global.f32 %f1, [%rd4];
  st.global.f32 [%rd5], %f1;
$done:
  ret;
}
.visible .entry dot(.param .u64 x, .param .u64 weight, .param .u64 y, .param .u32 images) {
  .reg .pred %p<3>;
  .reg .b32 %r<5>;
  .reg .f32 %f<5>;
  .reg .b64 %rd<9>;
  mov.u32 %r1, %ctaid.x;
  mov.u32 %r2, %tid.x;
  setp.ge.u32 %p1, %r2, 5;
  @%p1 bra $done;
  ld.param.u64 %rd1, [x];
  ld.param.u64 %rd2, [weight];
  ld.param.u64 %rd3, [y];
  mul.wide.u32 %rd4, %r1, 48;
  mul.wide.u32 %rd5, %r2, 48;
  add.s64 %rd6, %rd1, %rd4;
  add.s64 %rd7, %rd2, %rd5;
  mov.f32 %f1, 0f00000000;
  mov.u32 %r4, 0;
$loop:
  ld.global.f32 %f2, [%rd6];
  ld.global.f32 %f3, [%rd7];
  mul.rn.f32 %f4, %f2, %f3;
  add.rn.f32 %f1, %f1, %f4;
  add.s64 %rd6, %rd6, 4;
  add.s64 %rd7, %rd7, 4;
  add.s32 %r4, %r4, 1;
  setp.lt.u32 %p2, %r4, 12;
  @%p2 bra $loop;
  mad.lo.s32 %r3, %r1, 5, %r2;
  mul.wide.u32 %rd8, %r3, 4;
  add.s64 %rd8, %rd3, %rd8;
  st.global.f32 [%rd8], %f1;
$done:
  ret;
}
)";
/// The same, where the copy is a bulk copy: its first parameter is a tensor map of x.
extern const std::string kMappedPtx;
inline constexpr unsigned kPoolSharedBytes = 60 * 1024;

/// Does one launch in the fake driver's memory; 700 (an illegal address) where it would leave it.
int run_gpu_kernel(const fake_cuda::Launch& launch);

}  // namespace vitgen::test
