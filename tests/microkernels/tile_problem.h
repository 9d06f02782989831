#pragma once
// Factors and exact results of a product of tiles, in guarded memory.

#include <bit>
#include <cstdint>
#include <random>
#include <vector>

#include "schedules/microkernels/tile_product.h"
#include "tests/schedules/guarded_buffer.h"

namespace vitgen {

/// Small integers, so that every sum is exact in f32 whatever its order. All three matrices end at
/// memory that cannot be touched.
class TileProblem {
 public:
  /// How a lies in memory: groups of 32 channels one after the other, or whole rows.
  enum class Rows { in_groups, whole };

  TileProblem(const microkernels::TileProduct& shape, Rows rows)
      : shape_(shape),
        rows_(rows),
        a_(2 * size(shape.rows, shape.k), true),
        b_(2 * size(shape.k, shape.columns), true),
        c_(4 * size(shape.rows, shape.columns), true),
        want_(size(shape.rows, shape.columns)) {
    std::mt19937 random(static_cast<unsigned>(shape.rows * 31 + shape.k));
    const auto fill = [&](void* data, std::size_t count) {
      std::vector<float> values(count);
      for (float& value : values) value = static_cast<float>(static_cast<int>(random() % 9) - 4);
      for (std::size_t i = 0; i < count; ++i) {
        static_cast<std::uint16_t*>(data)[i] =
            static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(values[i]) >> 16);
      }
    };
    fill(a_.data(), size(shape.rows, shape.k));
    fill(b_.data(), size(shape.k, shape.columns));
    for (int i = 0; i < shape.rows; ++i) {
      for (int j = 0; j < shape.columns; ++j)
        want_[size(i, shape.columns) + size(j, 1)] = sum(i, j);
    }
    for (std::size_t i = 0; i < want_.size(); ++i) static_cast<float*>(c_.data())[i] = -1e30f;
  }

  template <class Function>
  void run(Function* product) {
    const bool whole = rows_ == Rows::whole;
    product(a_.data(), b_.data(), c_.data(), whole ? 2 * shape_.k : 64,
            whole ? 64 : 64 * shape_.rows, 4 * shape_.columns, 64 * shape_.columns,
            4 * shape_.columns);
  }

  int wrong_elements() const {
    int wrong = 0;
    for (std::size_t i = 0; i < want_.size(); ++i) {
      wrong += static_cast<const float*>(c_.data())[i] != want_[i];
    }
    return wrong;
  }

 private:
  static std::size_t size(int rows, int columns) {
    return static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns);
  }
  static float value(const GuardedBuffer& buffer, std::size_t index) {
    const std::uint32_t bits = static_cast<const std::uint16_t*>(buffer.data())[index];
    return std::bit_cast<float>(bits << 16);
  }
  float a(int i, int k) const {
    if (rows_ == Rows::whole) return value(a_, size(i, shape_.k) + size(k, 1));
    return value(a_, size(k / 32, 32 * shape_.rows) + size(i, 32) + size(k % 32, 1));
  }
  float b(int k, int j) const {
    return value(b_, size(k / 2, 2 * shape_.columns) + size(j, 2) + size(k % 2, 1));
  }
  float sum(int i, int j) const {
    float total = 0;
    for (int k = 0; k < shape_.k; ++k) total += a(i, k) * b(k, j);
    return total;
  }

  microkernels::TileProduct shape_;
  Rows rows_;
  GuardedBuffer a_, b_, c_;
  std::vector<float> want_;
};

}  // namespace vitgen
