#include "tests/cuda/gpu_kernels.h"

#include <cstring>

#include "runtime/cuda_abi.h"
#include "tests/ptx/tensor_map.h"
#include "tests/runtime/fake_model.h"

namespace vitgen::test {
namespace {

template <class T>
T read(const fake_cuda::Launch& launch, size_t argument) {
  T value;
  if (launch.arguments[argument].size() != sizeof value) throw std::invalid_argument("size");
  memcpy(&value, launch.arguments[argument].data(), sizeof value);
  return value;
}

/// The floats that an argument points to.
float* floats(const fake_cuda::Launch& launch, size_t argument, size_t count) {
  const auto address = read<uint64_t>(launch, argument);
  std::byte* memory = fake_cuda::translate(address, count * sizeof(float));
  if (memory == nullptr) throw std::out_of_range("address");
  return reinterpret_cast<float*>(memory);
}

void affine(const fake_cuda::Launch& l) {
  const size_t count = read<uint32_t>(l, 3) * size_t{kTokens};
  const float* x = floats(l, 0, count);
  const float* scale = floats(l, 1, kTokens);
  float* y = floats(l, 2, count);
  for (size_t i = 0; i < count; ++i) y[i] = x[i] * scale[i % kTokens] + 1.0f;
}

/// What the map says of an operand of `images` rows.
float* mapped_floats(const fake_cuda::Launch& launch, size_t argument, uint32_t images) {
  const auto map = read<ptx::TensorMap>(launch, argument);
  const bool right = map.magic == ptx::TensorMap::kMagic && map.dims == 2 &&
                     map.element_bytes == sizeof(float) && map.extents[0] == kTokens &&
                     map.extents[1] == images && map.strides[0] == kTokens * sizeof(float);
  std::byte* memory =
      right ? fake_cuda::translate(map.address, images * kTokens * sizeof(float)) : nullptr;
  if (memory == nullptr) throw std::out_of_range("map");
  return reinterpret_cast<float*>(memory);
}

void gather(const fake_cuda::Launch& l) {
  const auto images = read<uint32_t>(l, 2);
  const size_t count = images * size_t{kTokens};
  const bool mapped = l.arguments[0].size() == sizeof(ptx::TensorMap);
  const float* from = mapped ? mapped_floats(l, 0, images) : floats(l, 0, count);
  memcpy(floats(l, 1, count), from, count * sizeof(float));
}

void dot(const fake_cuda::Launch& l) {
  const size_t images = read<uint32_t>(l, 3);
  const float* x = floats(l, 0, images * kTokens);
  const float* weight = floats(l, 1, size_t{kClasses} * kTokens);
  float* y = floats(l, 2, images * kClasses);
  for (size_t i = 0; i < images * kClasses; ++i) {
    y[i] = 0;
    for (size_t t = 0; t < kTokens; ++t) {
      y[i] += x[i / kClasses * kTokens + t] * weight[i % kClasses * kTokens + t];
    }
  }
}

void pool(const fake_cuda::Launch& l) {
  const size_t count = read<uint32_t>(l, 2) * size_t{kPooled};
  const float* x = floats(l, 0, 4 * count);
  float* y = floats(l, 1, count);
  for (size_t i = 0; i < count; ++i) y[i] = x[4 * i] + x[4 * i + 1] + x[4 * i + 2] + x[4 * i + 3];
}

/// One thread copies the block's row to shared memory, twelve from there.
constexpr char kMappedGather[] = R"(
.version 8.0
.target sm_90
.address_size 64
.visible .entry gather(.param .align 64 .b8 from[128], .param .u64 to, .param .u32 images) {
  .shared .align 128 .b8 stage[144];
  .reg .pred %p<4>;
  .reg .b32 %r<6>;
  .reg .f32 %f<2>;
  .reg .b64 %rd<5>;
  mov.u32 %r1, %ctaid.x;
  mov.u32 %r2, %tid.x;
  mov.u32 %r3, stage;
  add.u32 %r4, %r3, 128;
  setp.ne.u32 %p1, %r2, 0;
  @%p1 bra $made;
  mbarrier.init.shared::cta.b64 [%r4], 1;
  fence.mbarrier_init.release.cluster;
$made:
  bar.sync 0;
  @%p1 bra $begun;
  mov.b64 %rd1, from;
  cvta.param.u64 %rd1, %rd1;
  mbarrier.arrive.expect_tx.shared::cta.b64 _, [%r4], 48;
  cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%r3], [%rd1, {0, %r1}], [%r4];
$begun:
  mbarrier.try_wait.parity.shared::cta.b64 %p2, [%r4], 0;
  @!%p2 bra $begun;
  setp.ge.u32 %p3, %r2, 12;
  @%p3 bra $done;
  ld.param.u64 %rd2, [to];
  mad.lo.s32 %r5, %r2, 4, %r3;
  ld.shared.f32 %f1, [%r5];
  mad.lo.s32 %r5, %r1, 12, %r2;
  mul.wide.u32 %rd3, %r5, 4;
  add.s64 %rd4, %rd2, %rd3;
  st.global.f32 [%rd4], %f1;
$done:
  ret;
}
)";

/// The second entry of kProjectPtx.
std::string products() {
  const std::string text = kProjectPtx;
  return text.substr(text.find(".visible .entry dot"));
}

}  // namespace

const std::string kMappedPtx = kMappedGather + products();

int run_gpu_kernel(const fake_cuda::Launch& launch) {
  try {
    if (launch.entry == "affine") affine(launch);
    if (launch.entry == "gather") gather(launch);
    if (launch.entry == "dot") dot(launch);
    if (launch.entry == "pool") pool(launch);
    return rt::kCudaSuccess;
  } catch (const std::exception&) {
    return rt::kCudaIllegalAddress;
  }
}

}  // namespace vitgen::test
