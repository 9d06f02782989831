#include "tests/microkernels/emulator/tile_emulator.h"

#include <array>
#include <bit>
#include <cstring>
#include <mutex>
#include <utility>

namespace vitgen::emulator {

namespace {

constexpr std::size_t kTiles = 8;
constexpr std::size_t kRows = 16;
constexpr std::size_t kBytes = 64;

struct Tile {
  std::size_t rows = 0;   ///< 0: not configured
  std::size_t bytes = 0;  ///< of a row
  std::array<std::array<std::uint8_t, kBytes>, kRows> data{};
};

// Of all threads: a kernel's tasks run on several.
struct Fault {
  std::mutex mutex;
  std::string text;
};

Fault& fault() {
  static Fault first;
  return first;
}

std::array<Tile, kTiles>& tiles() {
  thread_local std::array<Tile, kTiles> state;
  return state;
}

void refuse(const std::string& what) {
  const std::lock_guard lock(fault().mutex);
  if (fault().text.empty()) fault().text = what;
}

Tile& tile(std::uint8_t number) {
  thread_local Tile nowhere;
  if (number < kTiles && tiles()[number].rows > 0) return tiles()[number];
  refuse("tile " + std::to_string(number) + " is not configured");
  return nowhere = {};
}

void clear_beyond(Tile& target) {
  for (std::size_t r = 0; r < kRows; ++r) {
    const std::size_t kept = r < target.rows ? target.bytes : 0;
    std::memset(target.data[r].data() + kept, 0, kBytes - kept);
  }
}

void load_config(const void* pointer) {
  std::array<std::uint8_t, 64> config{};
  std::memcpy(config.data(), pointer, config.size());
  if (config[0] != 1) refuse("palette " + std::to_string(config[0]));
  for (std::size_t t = 0; t < kTiles; ++t) {
    const std::size_t rows = config[48 + t];
    const std::size_t bytes = config[16 + 2 * t] + 256u * config[17 + 2 * t];
    if (rows > kRows || bytes > kBytes || (rows == 0) != (bytes == 0)) {
      refuse("configuration of tile " + std::to_string(t));
    }
    tiles()[t] = {rows, bytes, {}};
  }
}

void zero(std::uint8_t number) { tile(number).data = {}; }

void load(std::uint8_t number, const void* pointer, std::int64_t stride) {
  Tile& target = tile(number);
  for (std::size_t r = 0; r < target.rows; ++r) {
    std::memcpy(target.data[r].data(),
                static_cast<const char*>(pointer) + static_cast<std::int64_t>(r) * stride,
                target.bytes);
  }
  clear_beyond(target);
}

void store(std::uint8_t number, void* pointer, std::int64_t stride) {
  const Tile& source = tile(number);
  for (std::size_t r = 0; r < source.rows; ++r) {
    std::memcpy(static_cast<char*>(pointer) + static_cast<std::int64_t>(r) * stride,
                source.data[r].data(), source.bytes);
  }
}

template <class T>
T element(const Tile& source, std::size_t row, std::size_t index) {
  T value{};
  std::memcpy(&value, source.data[row].data() + index * sizeof(T), sizeof(T));
  return value;
}

float bf16(const Tile& source, std::size_t row, std::size_t index) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(element<std::uint16_t>(source, row, index))
                              << 16);
}

// c[m][n] += the sums over even and over odd channels, added at the end.
void products(std::uint8_t c_number, std::uint8_t a_number, std::uint8_t b_number) {
  Tile& c = tile(c_number);
  const Tile& a = tile(a_number);
  const Tile& b = tile(b_number);
  if (c_number == a_number || c_number == b_number || a_number == b_number) {
    refuse("TDPBF16PS needs three different tiles");
  }
  if (c.rows != a.rows || c.bytes != b.bytes || a.bytes != 4 * b.rows) {
    refuse("TDPBF16PS: shapes of tiles do not fit");
  }
  for (std::size_t m = 0; m < c.rows; ++m) {
    for (std::size_t n = 0; n < c.bytes / 4; ++n) {
      float even = 0, odd = 0;
      for (std::size_t pair = 0; pair < b.rows; ++pair) {
        even += bf16(a, m, 2 * pair) * bf16(b, pair, 2 * n);
        odd += bf16(a, m, 2 * pair + 1) * bf16(b, pair, 2 * n + 1);
      }
      const float sum = element<float>(c, m, n) + (even + odd);
      std::memcpy(c.data[m].data() + 4 * n, &sum, sizeof sum);
    }
  }
  clear_beyond(c);
}

void release() { tiles() = {}; }

template <class Function>
void* address(Function* function) {
  return reinterpret_cast<void*>(function);
}

}  // namespace

std::map<std::string, void*> tile_functions() {
  return {{"vitgen_tile_ldtilecfg", address(load_config)},
          {"vitgen_tile_tilezero", address(zero)},
          {"vitgen_tile_tileloadd64", address(load)},
          {"vitgen_tile_tilestored64", address(store)},
          {"vitgen_tile_tdpbf16ps", address(products)},
          {"vitgen_tile_tilerelease", address(release)}};
}

std::string take_fault() {
  const std::lock_guard lock(fault().mutex);
  return std::exchange(fault().text, "");
}

}  // namespace vitgen::emulator
