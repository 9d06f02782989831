#include "schedules/tuning/host.h"

#include <cpuid.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <set>
#include <utility>

#include "generators/base/caches.h"
#include "generators/base/error.h"

namespace vitgen {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kKi = 1024;
constexpr std::string_view kGpu = "gpu-";  // no processor's vendor is called so

std::string size_text(std::int64_t bytes) {
  if (bytes > 0 && bytes % (kKi * kKi) == 0) return fmt::format("{}m", bytes / (kKi * kKi));
  if (bytes > 0 && bytes % kKi == 0) return fmt::format("{}k", bytes / kKi);
  return std::to_string(bytes);
}

// Reads the parts of a host's text from front to back.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text), rest_(text) {}

  void literal(std::string_view word) {
    if (!rest_.starts_with(word)) fail();
    rest_.remove_prefix(word.size());
  }
  std::string word() {
    constexpr std::size_t kMost = 12;  // bytes of CPUID's vendor
    return up_to([](char c) { return is_letter(c); }, kMost);
  }
  std::string words() {
    constexpr std::size_t kMost = 96;  // a driver's names are half as long
    return up_to([](char c) { return is_letter(c) || c == '-'; }, kMost);
  }
  std::int64_t number(std::int64_t limit) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc{} || value < 0 || value > limit) fail();
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }
  std::int64_t size() {
    constexpr std::int64_t kLimit = std::int64_t{1} << 40;
    const std::int64_t value = number(kLimit);
    std::int64_t unit = 1;
    if (rest_.starts_with('k')) unit = kKi;
    if (rest_.starts_with('m')) unit = kKi * kKi;
    if (unit > 1) rest_.remove_prefix(1);
    if (value > kLimit / unit) fail();
    return value * unit;
  }
  [[noreturn]] void fail() const {
    throw Error(ExitCode::bad_input, "TUNE_HOST",
                "'" + printable(text_) + "' is not a host such as " +
                    host_text({.vendor = "amd",
                               .family = 25,
                               .model = 1,
                               .stepping = 1,
                               .l1d = 32 * kKi,
                               .l2 = 512 * kKi,
                               .l3 = 32 * kKi * kKi,
                               .cores = 2}) +
                    " or " +
                    gpu_host_text({.name = "nvidia-h200",
                                   .capability = 90,
                                   .multiprocessors = 132,
                                   .l2 = 60 * kKi * kKi,
                                   .bus_bits = 6144}));
  }
  bool done() const { return rest_.empty(); }

 private:
  static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

  template <class Wanted>
  std::string up_to(const Wanted& wanted, std::size_t most) {
    std::size_t length = 0;
    while (length < rest_.size() && wanted(rest_[length])) ++length;
    if (length == 0 || length > most) fail();
    const std::string out(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return out;
  }

  std::string_view text_, rest_;
};

std::string first_line(const fs::path& file) {
  std::string line;
  std::getline(std::ifstream(file) >> std::ws, line);
  return line;
}

// Threads of one core share its pair of package and core number; a CPU that is offline has none.
int count_cores(const fs::path& cpus) {
  std::set<std::pair<std::string, std::string>> cores;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(cpus, absent)) {
    const fs::path topology = entry.path() / "topology";
    const std::string core = first_line(topology / "core_id");
    if (!core.empty()) cores.emplace(first_line(topology / "physical_package_id"), core);
  }
  return std::max(1, static_cast<int>(cores.size()));
}

std::string vendor_word(const std::string& vendor) {
  if (vendor == "GenuineIntel") return "intel";
  if (vendor == "AuthenticAMD") return "amd";
  std::string word;
  for (const char c : vendor) {
    if (c >= 'A' && c <= 'Z') word += static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) word += c;
  }
  return word.empty() ? "unknown" : word;
}

}  // namespace

std::string host_text(const Host& host) {
  return fmt::format("{}-{}-{}-{}_l1d{}_l2{}_l3{}_c{}", host.vendor, host.family, host.model,
                     host.stepping, size_text(host.l1d), size_text(host.l2), size_text(host.l3),
                     host.cores);
}

Host parse_host(std::string_view text) {
  constexpr std::int64_t kNumber = 1 << 16;
  Reader reader(text);
  Host host;
  host.vendor = reader.word();
  reader.literal("-");
  host.family = static_cast<int>(reader.number(kNumber));
  reader.literal("-");
  host.model = static_cast<int>(reader.number(kNumber));
  reader.literal("-");
  host.stepping = static_cast<int>(reader.number(kNumber));
  reader.literal("_l1d");
  host.l1d = reader.size();
  reader.literal("_l2");
  host.l2 = reader.size();
  reader.literal("_l3");
  host.l3 = reader.size();
  reader.literal("_c");
  host.cores = static_cast<int>(reader.number(kNumber));
  if (!reader.done() || host_text(host) != text) reader.fail();  // one text per host
  return host;
}

std::string gpu_name_words(std::string_view name) {
  std::string words;
  bool gap = false;
  for (const char c : name) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool is_part = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
    if (!is_part) {
      gap = true;
      continue;
    }
    if (gap && !words.empty()) words += '-';
    gap = false;
    words += lower;
  }
  return words.empty() ? "unknown" : words;
}

std::string gpu_host_text(const GpuHost& host) {
  return fmt::format("{}{}_cc{}_mp{}_l2{}_bus{}", kGpu, host.name, host.capability,
                     host.multiprocessors, size_text(host.l2), host.bus_bits);
}

GpuHost parse_gpu_host(std::string_view text) {
  constexpr std::int64_t kNumber = 1 << 16;
  Reader reader(text);
  GpuHost host;
  reader.literal(kGpu);
  host.name = reader.words();
  reader.literal("_cc");
  host.capability = static_cast<int>(reader.number(kNumber));
  reader.literal("_mp");
  host.multiprocessors = static_cast<int>(reader.number(kNumber));
  reader.literal("_l2");
  host.l2 = reader.size();
  reader.literal("_bus");
  host.bus_bits = static_cast<int>(reader.number(kNumber));
  const bool one_text = gpu_host_text(host) == text && gpu_name_words(host.name) == host.name;
  if (!reader.done() || !one_text) reader.fail();
  return host;
}

bool is_gpu_host(std::string_view text) { return text.starts_with(kGpu); }

void check_host(std::string_view text) {
  if (is_gpu_host(text)) {
    parse_gpu_host(text);
  } else {
    parse_host(text);
  }
}

Host read_host(const CpuIdentity& cpu, const fs::path& system) {
  // Extended family and model count as Intel SDM volume 2A and AMD APM volume 3 (Fn0000_0001) say:
  // the family's extension is added to 15, the model's is put before families 6 and 15 and later.
  const auto bits = [&](int low, int count) {
    return static_cast<int>((cpu.signature >> low) & ((1u << count) - 1));
  };
  Host host;
  host.vendor = vendor_word(cpu.vendor);
  host.family = bits(8, 4) == 15 ? 15 + bits(20, 8) : bits(8, 4);
  host.model = bits(4, 4) + (bits(8, 4) == 6 || bits(8, 4) == 15 ? bits(16, 4) << 4 : 0);
  host.stepping = bits(0, 4);
  const CacheSizes caches = cache_sizes((system / "cpu" / "cpu0" / "cache").string());
  host.l1d = static_cast<std::int64_t>(caches.l1);
  host.l2 = static_cast<std::int64_t>(caches.l2);
  host.l3 = static_cast<std::int64_t>(caches.l3);
  host.cores = count_cores(system / "cpu");
  return host;
}

Host this_host() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  CpuIdentity cpu;
  if (__get_cpuid(0, &eax, &ebx, &ecx, &edx) != 0) {
    for (const unsigned word : {ebx, edx, ecx}) {
      for (int byte = 0; byte < 4; ++byte) {
        cpu.vendor += static_cast<char>((word >> (8 * byte)) & 0xff);
      }
    }
  }
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0) cpu.signature = eax;
  return read_host(cpu, "/sys/devices/system");
}

}  // namespace vitgen
