#include "tests/cuda/gpu_kernels.h"

#include <cstring>

#include "runtime/cuda_abi.h"
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

void gather(const fake_cuda::Launch& l) {
  const size_t count = read<uint32_t>(l, 2) * size_t{kTokens};
  memcpy(floats(l, 1, count), floats(l, 0, count), count * sizeof(float));
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

}  // namespace

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
