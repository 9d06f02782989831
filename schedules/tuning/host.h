#pragma once
// The physical machine that a measurement comes from. Its text names the processor's kind, never
// this one computer: no serial number, no host name.

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
