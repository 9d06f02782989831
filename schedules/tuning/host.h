#pragma once
// The physical machine that a measurement comes from: a computer's processor or its GPU. Its text
// names their kind, never this one computer: no serial number, no host name.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace vitgen {

struct Host {
  std::string vendor;  ///< "amd", "intel", else CPUID's vendor as [a-z0-9]
  int family = 0;      ///< with the extended family, as Linux shows it
  int model = 0;
  int stepping = 0;
  std::int64_t l1d = 0;  ///< bytes of one core's data cache; 0: not known
  std::int64_t l2 = 0;   ///< bytes of one core's (or cluster's) second level; 0: none or not known
  std::int64_t l3 = 0;   ///< bytes that the first core shares; 0: none or not known
  int cores = 1;         ///< physical ones that are online

  bool operator==(const Host&) const = default;
};

/// "amd-25-1-1_l1d32k_l2512k_l332m_c2": the key of records. Sizes in k (2^10) or m (2^20) bytes.
std::string host_text(const Host& host);

/// Inverse of host_text. Throws bad_input TUNE_HOST.
Host parse_host(std::string_view text);

/// A GPU, as its driver describes it.
struct GpuHost {
  std::string name;         ///< gpu_name_words() of the driver's: "nvidia-h200"
  int capability = 0;       ///< 10 major + minor
  int multiprocessors = 0;  ///< of a part of a GPU its own
  std::int64_t l2 = 0;      ///< bytes
  int bus_bits = 0;         ///< of the memory's bus

  bool operator==(const GpuHost&) const = default;
};

/// "NVIDIA A100-SXM4-80GB" as "nvidia-a100-sxm4-80gb": letters and digits with a - between words.
std::string gpu_name_words(std::string_view name);

/// "gpu-nvidia-a100-sxm4-80gb_cc80_mp108_l240m_bus5120": the key of records of a GPU.
std::string gpu_host_text(const GpuHost& host);

/// Inverse of gpu_host_text. Throws bad_input TUNE_HOST.
GpuHost parse_gpu_host(std::string_view text);

/// Whether a host's text is a GPU's.
bool is_gpu_host(std::string_view text);

/// Throws bad_input TUNE_HOST unless the text is one of host_text or gpu_host_text.
void check_host(std::string_view text);

/// What CPUID tells: the 12 bytes of the vendor (leaf 0) and EAX of leaf 1.
struct CpuIdentity {
  std::string vendor;
  std::uint32_t signature = 0;
};

/// `system` is /sys/devices/system, or a recorded one.
Host read_host(const CpuIdentity& cpu, const std::filesystem::path& system);

/// The machine that this process runs on.
Host this_host();

}  // namespace vitgen
