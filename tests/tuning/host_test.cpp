// The fingerprint of a machine: from recorded facts, as text and back.

#include "schedules/tuning/host.h"

#include <gtest/gtest.h>

#include "tests/base/support.h"

namespace vitgen {
namespace {

using testing::code_of;
using testing::Scratch;

namespace fs = std::filesystem;

void put(const fs::path& file, std::string_view text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text << "\n";
}

// Two cores of two threads each, and a CPU that is offline.
void record_system(const fs::path& system) {
  const fs::path cpus = system / "cpu";
  put(cpus / "online", "0-3");
  for (int cpu = 0; cpu < 4; ++cpu) {
    const fs::path topology = cpus / ("cpu" + std::to_string(cpu)) / "topology";
    put(topology / "core_id", std::to_string(cpu % 2));
    put(topology / "physical_package_id", "0");
  }
  fs::create_directories(cpus / "cpu4");
  const char* const caches[][3] = {{"1", "Data", "48K"},
                                   {"1", "Instruction", "32K"},
                                   {"2", "Unified", "1280K"},
                                   {"3", "Unified", "30720K"}};
  int index = 0;
  for (const auto& [level, type, size] : caches) {
    const fs::path cache = cpus / "cpu0" / "cache" / ("index" + std::to_string(index++));
    put(cache / "level", level);
    put(cache / "type", type);
    put(cache / "size", size);
  }
}

TEST(Host, IsReadFromCpuidAndTheKernelsFiles) {
  const Scratch scratch;
  record_system(scratch.path());
  // Ice Lake server: family 6, model 0x6a, stepping 6.
  const Host intel = read_host({"GenuineIntel", 0x606a6}, scratch.path());
  EXPECT_EQ(host_text(intel), "intel-6-106-6_l1d48k_l21280k_l330m_c2");
  // Zen 3 server: base family 15 and 10 more, model 1, stepping 1.
  const Host amd = read_host({"AuthenticAMD", 0xa00f11}, scratch.path());
  EXPECT_EQ(host_text(amd), "amd-25-1-1_l1d48k_l21280k_l330m_c2");
}

TEST(Host, WithoutTheKernelsFilesHasUnknownCachesAndOneCore) {
  const Host host = read_host({"Vendor Nobody", 0}, "/nonexistent");
  EXPECT_EQ(host_text(host), "vendornobody-0-0-0_l1d0_l20_l30_c1");
}

TEST(Host, TextReadsBackForThisMachineAndOthers) {
  for (const Host& host :
       {this_host(),
        Host{.vendor = "amd", .family = 25, .l1d = 1000, .l2 = 3 << 20, .cores = 96}}) {
    EXPECT_EQ(parse_host(host_text(host)), host) << host_text(host);
  }
}

TEST(Host, TheSameMachineHasTheSameText) { EXPECT_EQ(this_host(), this_host()); }

TEST(Host, OfAGpuIsNamedByItsDriversWords) {
  EXPECT_EQ(gpu_name_words("NVIDIA A100-SXM4-80GB"), "nvidia-a100-sxm4-80gb");
  EXPECT_EQ(gpu_name_words(" NVIDIA  GeForce RTX 4070 Laptop GPU (rev. 2)\n"),
            "nvidia-geforce-rtx-4070-laptop-gpu-rev-2");
  EXPECT_EQ(gpu_name_words("\xc3\xa9"), "unknown");
}

TEST(Host, TextOfAGpuReadsBack) {
  const GpuHost h200{.name = "nvidia-h200",
                     .capability = 90,
                     .multiprocessors = 132,
                     .l2 = 60 << 20,
                     .bus_bits = 6144};
  EXPECT_EQ(gpu_host_text(h200), "gpu-nvidia-h200_cc90_mp132_l260m_bus6144");
  for (const GpuHost& host : {h200, GpuHost{.name = "unknown"}, GpuHost{.name = "a", .l2 = 1000}}) {
    EXPECT_EQ(parse_gpu_host(gpu_host_text(host)), host) << gpu_host_text(host);
    EXPECT_TRUE(is_gpu_host(gpu_host_text(host)));
  }
  EXPECT_FALSE(is_gpu_host(host_text(this_host())));
}

TEST(Host, OfARecordIsAProcessorOrAGpu) {
  check_host("amd-25-1-1_l1d32k_l2512k_l332m_c2");
  check_host("gpu-nvidia-h200_cc90_mp132_l260m_bus6144");
  for (const char* bad :
       {"", "gpu", "gpu-", "gpu-_cc90_mp132_l260m_bus6144", "nvidia-h200_cc90_mp132_l260m_bus6144",
        "gpu-NVIDIA_cc90_mp132_l260m_bus6144", "gpu--h200_cc90_mp132_l260m_bus6144",
        "gpu-h200-_cc90_mp132_l260m_bus6144", "gpu-h200_cc090_mp132_l260m_bus6144",
        "gpu-h200_cc90_mp132_l261440k_bus6144", "gpu-h200_cc90_mp132_l260m_bus6144 ",
        "gpu-h200_cc90_mp132_l260m", "gpu-h200_cc90_mp-1_l260m_bus6144",
        "gpu-h200/../x_cc90_mp132_l260m_bus6144"}) {
    EXPECT_EQ(code_of([&] { check_host(bad); }), "TUNE_HOST") << bad;
  }
}

TEST(Host, AnythingElseIsRefused) {
  const std::string good = "amd-25-1-1_l1d32k_l2512k_l332m_c2";
  EXPECT_EQ(host_text(parse_host(good)), good);
  for (const char* bad :
       {"", "amd", "amd-25-1-1", "AMD-25-1-1_l1d32k_l2512k_l332m_c2",
        "amd-25-1-1_l1d32k_l2512k_l332m_c2 ", "amd-025-1-1_l1d32k_l2512k_l332m_c2",
        "amd-25-1-1_l1d1024k_l2512k_l332m_c2", "amd-25-1-1_l1d32k_l2512k_l332m_c-2",
        "amd-25-1-1_l1d32k_l2512k_l3999999999999999m_c2", "../x-25-1-1_l1d0_l20_l30_c1"}) {
    EXPECT_EQ(code_of([&] { parse_host(bad); }), "TUNE_HOST") << bad;
  }
}

}  // namespace
}  // namespace vitgen
