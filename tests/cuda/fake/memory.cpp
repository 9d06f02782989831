// Device memory, at addresses that the host cannot read.

#include <cstring>
#include <vector>

#include "tests/cuda/fake/driver.h"
#include "tests/cuda/fake/state.h"

using namespace vitgen;
using namespace vitgen::rt;
using fake_cuda::Call;
using fake_cuda::finish;
using fake_cuda::Needs;
using fake_cuda::state;
using fake_cuda::translate;

namespace vitgen::fake_cuda {
namespace {

/// Not canonical on x86-64: an access by the host ends the process.
constexpr std::uint64_t kFirstAddress = std::uint64_t{1} << 59;
/// As cuMemAlloc aligns (CUDA programming guide: at least 256 bytes).
constexpr std::uint64_t kAlignment = 256;

}  // namespace

std::byte* translate(std::uint64_t address, std::size_t bytes) {
  State& s = state();
  auto found = s.memory.upper_bound(address);
  if (found == s.memory.begin()) return nullptr;
  --found;
  const std::uint64_t offset = address - found->first;
  if (offset > found->second.size() || bytes > found->second.size() - offset) return nullptr;
  return found->second.data() + offset;
}

std::vector<Range> allocations() {
  std::vector<Range> ranges;
  for (auto& [address, bytes] : state().memory) ranges.push_back({address, bytes});
  return ranges;
}

}  // namespace vitgen::fake_cuda

CudaResult cuMemAlloc_v2(CudaAddress* address, size_t bytes) {
  const Call call("cuMemAlloc_v2", Needs::context);
  if (call.refused() != kCudaSuccess) return call.refused();
  fake_cuda::State& s = state();
  size_t used = 0;
  for (const auto& [begin, memory] : s.memory) used += memory.size();
  if (bytes == 0) return kCudaInvalidValue;
  if (bytes > s.memory_limit || used > s.memory_limit - bytes) return kCudaOutOfMemory;
  if (s.next_address == 0) s.next_address = fake_cuda::kFirstAddress;
  *address = s.next_address;
  // Never used before, so that an old address is found out; a gap behind each.
  s.next_address += (bytes / fake_cuda::kAlignment + 2) * fake_cuda::kAlignment;
  // Memory comes with what was in it before.
  s.memory[*address].assign(bytes, std::byte{0xcd});
  return kCudaSuccess;
}

CudaResult cuMemFree_v2(CudaAddress address) {
  const Call call("cuMemFree_v2", Needs::context);
  const bool found = state().memory.erase(address) == 1;
  if (call.refused() != kCudaSuccess) return call.refused();
  return found ? kCudaSuccess : kCudaInvalidValue;
}

CudaResult cuMemcpyHtoD_v2(CudaAddress to, const void* from, size_t bytes) {
  const Call call("cuMemcpyHtoD_v2", Needs::context);
  if (call.refused() != kCudaSuccess) return call.refused();
  if (translate(to, bytes) == nullptr) return kCudaInvalidValue;
  // Read at once, written when somebody waits for the legacy stream.
  const auto* first = static_cast<const std::byte*>(from);
  return fake_cuda::enqueue(nullptr, [to, staged = std::vector(first, first + bytes)] {
    std::byte* memory = translate(to, staged.size());
    if (memory == nullptr) return kCudaIllegalAddress;
    memcpy(memory, staged.data(), staged.size());
    return kCudaSuccess;
  });
}

CudaResult cuMemcpyDtoH_v2(void* to, CudaAddress from, size_t bytes) {
  const Call call("cuMemcpyDtoH_v2", Needs::context);
  if (call.refused() != kCudaSuccess) return call.refused();
  const std::byte* memory = translate(from, bytes);
  if (memory == nullptr) return kCudaInvalidValue;
  const CudaResult before = finish(state().legacy, state().legacy.queued);
  if (before != kCudaSuccess) return before;
  memcpy(to, memory, bytes);
  return kCudaSuccess;
}

CudaResult cuMemcpyHtoDAsync_v2(CudaAddress to, const void* from, size_t bytes, CudaStream stream) {
  const Call call("cuMemcpyHtoDAsync_v2", Needs::context);
  if (call.refused() != kCudaSuccess) return call.refused();
  if (translate(to, bytes) == nullptr) return kCudaInvalidValue;
  return fake_cuda::enqueue(stream, [=] {
    std::byte* memory = translate(to, bytes);
    if (memory == nullptr) return kCudaIllegalAddress;
    memcpy(memory, from, bytes);
    return kCudaSuccess;
  });
}

CudaResult cuMemcpyDtoHAsync_v2(void* to, CudaAddress from, size_t bytes, CudaStream stream) {
  const Call call("cuMemcpyDtoHAsync_v2", Needs::context);
  if (call.refused() != kCudaSuccess) return call.refused();
  if (translate(from, bytes) == nullptr) return kCudaInvalidValue;
  return fake_cuda::enqueue(stream, [=] {
    const std::byte* memory = translate(from, bytes);
    if (memory == nullptr) return kCudaIllegalAddress;
    memcpy(to, memory, bytes);
    return kCudaSuccess;
  });
}

CudaResult cuMemcpyDtoDAsync_v2(CudaAddress to, CudaAddress from, size_t bytes, CudaStream stream) {
  const Call call("cuMemcpyDtoDAsync_v2", Needs::context);
  if (call.refused() != kCudaSuccess) return call.refused();
  if (translate(to, bytes) == nullptr || translate(from, bytes) == nullptr) {
    return kCudaInvalidValue;
  }
  return fake_cuda::enqueue(stream, [=] {
    std::byte* destination = translate(to, bytes);
    const std::byte* source = translate(from, bytes);
    if (destination == nullptr || source == nullptr) return kCudaIllegalAddress;
    memmove(destination, source, bytes);
    return kCudaSuccess;
  });
}
