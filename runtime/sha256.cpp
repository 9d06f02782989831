#include "runtime/sha256.h"

#include <string.h>

namespace vitgen::rt {
namespace {

enum : size_t { kBlock = 64 };

// FIPS 180-4, 4.2.2: fractional parts of the cube roots of the first 64 primes.
constexpr uint32_t kRound[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// FIPS 180-4, 5.3.3: fractional parts of the square roots of the first 8 primes.
constexpr uint32_t kStart[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

uint32_t rotate(uint32_t x, int n) { return x >> n | x << (32 - n); }

void expand(const uint8_t* block, uint32_t (&w)[64]) {
  for (int t = 0; t < 16; ++t) {
    uint32_t big_endian;
    memcpy(&big_endian, block + 4 * t, 4);
    w[t] = __builtin_bswap32(big_endian);
  }
  for (int t = 16; t < 64; ++t) {
    const uint32_t s0 = rotate(w[t - 15], 7) ^ rotate(w[t - 15], 18) ^ w[t - 15] >> 3;
    const uint32_t s1 = rotate(w[t - 2], 17) ^ rotate(w[t - 2], 19) ^ w[t - 2] >> 10;
    w[t] = w[t - 16] + s0 + w[t - 7] + s1;
  }
}

void compress(uint32_t (&h)[8], const uint8_t* block) {
  uint32_t w[64];
  expand(block, w);
  uint32_t v[8];
  memcpy(v, h, sizeof v);
  for (int t = 0; t < 64; ++t) {
    const uint32_t s1 = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25);
    const uint32_t choose = (v[4] & v[5]) ^ (~v[4] & v[6]);
    const uint32_t t1 = v[7] + s1 + choose + kRound[t] + w[t];
    const uint32_t s0 = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22);
    const uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
    memmove(v + 1, v, 7 * sizeof v[0]);
    v[4] += t1;
    v[0] = t1 + s0 + majority;
  }
  for (int i = 0; i < 8; ++i) h[i] += v[i];
}

}  // namespace

void sha256(const uint8_t* data, size_t bytes, uint8_t (&digest)[32]) {
  uint32_t h[8];
  memcpy(h, kStart, sizeof h);
  size_t done = 0;
  for (; bytes - done >= kBlock; done += kBlock) compress(h, data + done);
  uint8_t tail[2 * kBlock] = {};
  const size_t rest = bytes - done;
  if (rest != 0) memcpy(tail, data + done, rest);
  tail[rest] = 0x80;
  const size_t tail_bytes = rest + 9 <= kBlock ? kBlock : 2 * kBlock;
  const uint64_t bits = __builtin_bswap64(uint64_t{bytes} * 8);
  memcpy(tail + tail_bytes - 8, &bits, 8);
  for (size_t i = 0; i < tail_bytes; i += kBlock) compress(h, tail + i);
  for (int i = 0; i < 8; ++i) {
    const uint32_t big_endian = __builtin_bswap32(h[i]);
    memcpy(digest + 4 * i, &big_endian, 4);
  }
}

}  // namespace vitgen::rt
