#include "generators/base/sha256.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace vitgen {
namespace {

// The first 32 bits of the fractional parts of the square roots (start) and cube roots (round) of
// the first primes: FIPS 180-4, sections 5.3.3 and 4.2.2.
constexpr std::array<std::uint32_t, 8> start = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                                0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
constexpr std::array<std::uint32_t, 64> round_constant = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

std::uint32_t load_big_endian(const std::byte* p) {
  std::uint32_t word = 0;
  for (int i = 0; i < 4; ++i) word = word << 8 | std::to_integer<std::uint32_t>(p[i]);
  return word;
}

std::uint32_t small_sigma(std::uint32_t x, int a, int b, int shift) {
  return std::rotr(x, a) ^ std::rotr(x, b) ^ (x >> shift);
}

std::uint32_t big_sigma(std::uint32_t x, int a, int b, int c) {
  return std::rotr(x, a) ^ std::rotr(x, b) ^ std::rotr(x, c);
}

}  // namespace

Sha256::Sha256() : state_(start) {}

void Sha256::compress(const std::byte* block) {
  std::array<std::uint32_t, 64> w;
  for (std::size_t t = 0; t < 16; ++t) w[t] = load_big_endian(block + 4 * t);
  for (std::size_t t = 16; t < 64; ++t) {
    w[t] =
        small_sigma(w[t - 2], 17, 19, 10) + w[t - 7] + small_sigma(w[t - 15], 7, 18, 3) + w[t - 16];
  }
  auto [a, b, c, d, e, f, g, h] = state_;
  for (std::size_t t = 0; t < 64; ++t) {
    const std::uint32_t choose = (e & f) ^ (~e & g);
    const std::uint32_t majority = (a & b) ^ (a & c) ^ (b & c);
    const std::uint32_t t1 = h + big_sigma(e, 6, 11, 25) + choose + round_constant[t] + w[t];
    const std::uint32_t t2 = big_sigma(a, 2, 13, 22) + majority;
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  const std::array<std::uint32_t, 8> mixed = {a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < 8; ++i) state_[i] += mixed[i];
}

void Sha256::update(std::span<const std::byte> data) {
  std::size_t filled = total_bytes_ % 64;
  total_bytes_ += data.size();
  if (filled > 0) {
    const std::size_t take = std::min(data.size(), 64 - filled);
    std::copy_n(data.begin(), take, pending_.begin() + static_cast<std::ptrdiff_t>(filled));
    data = data.subspan(take);
    filled += take;
    if (filled < 64) return;
    compress(pending_.data());
  }
  for (; data.size() >= 64; data = data.subspan(64)) compress(data.data());
  std::copy(data.begin(), data.end(), pending_.begin());
}

void Sha256::update(std::string_view text) {
  update(std::as_bytes(std::span(text.data(), text.size())));
}

Digest Sha256::finish() {
  const std::uint64_t bits = total_bytes_ * 8;
  std::array<std::byte, 72> tail{std::byte{0x80}};
  // 0x80, zeros up to 56 modulo 64, then the length in bits, big-endian.
  const std::size_t zeros_end = 1 + (119 - total_bytes_ % 64) % 64;
  for (std::size_t i = 0; i < 8; ++i) tail[zeros_end + i] = std::byte(bits >> (56 - 8 * i) & 0xFF);
  update(std::span(tail.data(), zeros_end + 8));
  Digest digest;
  for (std::size_t i = 0; i < 32; ++i) {
    digest[i] = std::byte(state_[i / 4] >> (24 - 8 * (i % 4)) & 0xFF);
  }
  return digest;
}

std::string to_hex(const Digest& digest) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const std::byte b : digest) {
    out += digits[std::to_integer<std::size_t>(b) >> 4];
    out += digits[std::to_integer<std::size_t>(b) & 15];
  }
  return out;
}

std::string sha256_hex(std::string_view text) {
  Sha256 hash;
  hash.update(text);
  return to_hex(hash.finish());
}

}  // namespace vitgen
