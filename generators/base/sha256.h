#pragma once
// SHA-256 (FIPS 180-4). Names kernels in the cache and binds header, library and weights file.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace vitgen {

using Digest = std::array<std::byte, 32>;

/// Incremental hash: any split of the input into `update` calls gives the same digest.
class Sha256 {
 public:
  Sha256();

  void update(std::span<const std::byte> data);
  void update(std::string_view text);

  /// The digest of everything so far. The object is spent afterwards.
  Digest finish();

 private:
  void compress(const std::byte* block);

  std::array<std::uint32_t, 8> state_;
  std::array<std::byte, 64> pending_{};
  std::uint64_t total_bytes_ = 0;
};

/// 64 lower-case hexadecimal digits.
std::string to_hex(const Digest& digest);

/// `to_hex` of the SHA-256 of `text`.
std::string sha256_hex(std::string_view text);

}  // namespace vitgen
