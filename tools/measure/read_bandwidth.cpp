#include "tools/measure/read_bandwidth.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "generators/base/error.h"
#include "runtime/cpu.h"
#include "runtime/table.h"
#include "tools/measure/timed_windows.h"

namespace vitgen {

namespace {

constexpr std::size_t kPage = 4096;

class Mapping {
 public:
  explicit Mapping(std::size_t bytes) : bytes_(bytes) {
    data_ = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data_ == MAP_FAILED) throw Error(ExitCode::resources, "NOMEM", "out of memory");
    madvise(data_, bytes, MADV_HUGEPAGE);  // a wish: without such pages the figure is only lower
  }
  Mapping(Mapping&& other) noexcept : data_(other.data_), bytes_(other.bytes_) {
    other.data_ = MAP_FAILED;
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() {
    if (data_ != MAP_FAILED) munmap(data_, bytes_);
  }
  char* data() const { return static_cast<char*>(data_); }

 private:
  void* data_;
  std::size_t bytes_;
};

// One pass each over `bytes`, a multiple of 4 KiB. Assembly, because a compiler drops loads whose
// values nobody uses; the CPU executes them.
// clang-format off
void read_xmm(const char* data, std::size_t bytes) {
  asm volatile(
      "1:\n"
      ".irp at, 0,16,32,48,64,80,96,112,128,144,160,176,192,208,224,240\n"
      "movaps \\at(%[data]), %%xmm0\n"
      ".endr\n"
      "add $256, %[data]\n"
      "sub $256, %[n]\n"
      "jnz 1b\n"
      : [data] "+r"(data), [n] "+r"(bytes)
      :
      : "cc", "memory", "xmm0");
}

void read_ymm(const char* data, std::size_t bytes) {
  asm volatile(
      "1:\n"
      ".irp at, 0,32,64,96,128,160,192,224,256,288,320,352,384,416,448,480\n"
      "vmovaps \\at(%[data]), %%ymm0\n"
      ".endr\n"
      "add $512, %[data]\n"
      "sub $512, %[n]\n"
      "jnz 1b\n"
      "vzeroupper\n"
      : [data] "+r"(data), [n] "+r"(bytes)
      :
      : "cc", "memory", "xmm0");
}

void read_zmm(const char* data, std::size_t bytes) {
  asm volatile(
      "1:\n"
      ".irp at, 0,64,128,192,256,320,384,448,512,576,640,704,768,832,896,960\n"
      "vmovaps \\at(%[data]), %%zmm0\n"
      ".endr\n"
      "add $1024, %[data]\n"
      "sub $1024, %[n]\n"
      "jnz 1b\n"
      "vzeroupper\n"
      : [data] "+r"(data), [n] "+r"(bytes)
      :
      : "cc", "memory", "xmm0");
}
// clang-format on

using ReadPass = void (*)(const char*, std::size_t);

ReadPass widest_read() {
  const std::uint32_t features = rt::cpu_features(rt::cpu_read());
  if ((features & VITGEN_CPU_AVX512_SKX) != 0) return read_zmm;
  return (features & VITGEN_CPU_AVX2_FMA_F16C) != 0 ? read_ymm : read_xmm;
}

}  // namespace

double read_bandwidth_gbs(std::size_t bytes, int threads, double seconds) {
  const std::size_t size = std::max(kPage, (bytes + kPage - 1) / kPage * kPage);
  const int count = std::max(threads, 1);
  std::vector<Mapping> buffers;
  for (int i = 0; i < count; ++i) buffers.emplace_back(size);
  const ReadPass read = widest_read();
  const auto pass = [&](int thread, std::int64_t times) {
    const char* data = buffers[static_cast<std::size_t>(thread)].data();
    for (std::int64_t i = 0; i < times; ++i) read(data, size);
  };
  // Written by the thread that reads it, so that it lies in that thread's memory.
  std::vector<char> written(static_cast<std::size_t>(count), 0);
  const double one = best_window(count, 0, [&](int thread) {
    const auto mine = static_cast<std::size_t>(thread);
    if (!written[mine]) std::memset(buffers[mine].data(), 1, size);
    written[mine] = 1;
    pass(thread, 1);
  });
  constexpr double kWindow = 1e-3;
  const auto times = static_cast<std::int64_t>(std::clamp(kWindow / std::max(one, 1e-9), 1.0, 1e6));
  const double best = best_window(count, seconds, [&](int thread) { pass(thread, times); });
  return static_cast<double>(size) * static_cast<double>(times) * count / best * 1e-9;
}

}  // namespace vitgen
