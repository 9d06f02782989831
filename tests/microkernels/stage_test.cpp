// The wrapper between Halide's buffers and the tile product.

#include "schedules/microkernels/stage.h"

#include <HalideRuntime.h>
#include <gtest/gtest.h>

#include <array>
#include <cstddef>

#include "tests/microkernels/emulator/emulated_stage.h"
#include "tests/microkernels/emulator/tile_emulator.h"

namespace vitgen {
namespace {

// Offsets that stage.cpp writes into code.
static_assert(offsetof(halide_buffer_t, device) == 0 && offsetof(halide_buffer_t, host) == 16 &&
              offsetof(halide_buffer_t, dim) == 40);
static_assert(sizeof(halide_dimension_t) == 16 && offsetof(halide_dimension_t, min) == 0 &&
              offsetof(halide_dimension_t, extent) == 4 &&
              offsetof(halide_dimension_t, stride) == 8);

constexpr microkernels::TileProduct kShape{.rows = 16, .k = 32, .columns = 16};
constexpr int kAllRows = 20;
constexpr int kPanel = 32;

template <std::size_t Dimensions>
struct TestBuffer {
  std::array<halide_dimension_t, Dimensions> dimensions;
  halide_buffer_t buffer{};

  TestBuffer(void* host, std::array<halide_dimension_t, Dimensions> shape) : dimensions(shape) {
    buffer.host = static_cast<std::uint8_t*>(host);
    buffer.dimensions = static_cast<int>(Dimensions);
    buffer.dim = dimensions.data();
  }
};

// Two panels of 32 columns; the stage computes columns 48 to 63 of rows 3 to 18.
class TileStage : public ::testing::Test {
 protected:
  TileStage() {
    for (std::size_t i = 0; i < a_.size(); ++i) a_[i] = bf16(static_cast<float>(i % 7));
    for (std::size_t i = 0; i < b_.size(); ++i) b_[i] = bf16(static_cast<float>(i % 5));
  }

  static std::uint16_t bf16(float value) {
    return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16);
  }
  int call() { return code_.stage()(&a_buffer_.buffer, &b_buffer_.buffer, &c_buffer_.buffer); }

  const emulator::EmulatedProduct code_{kShape};
  std::vector<std::uint16_t> a_ = std::vector<std::uint16_t>(32 * kAllRows);
  std::vector<std::uint16_t> b_ = std::vector<std::uint16_t>(2 * kPanel * 16 * 2);
  std::vector<float> c_ = std::vector<float>(16 * 16, -1.0f);
  TestBuffer<3> a_buffer_{a_.data(), {{{0, 32, 1}, {0, kAllRows, 32}, {0, 1, 32 * kAllRows}}}};
  TestBuffer<4> b_buffer_{b_.data(),
                          {{{0, 2, 1}, {0, kPanel, 2}, {0, 16, 2 * kPanel}, {0, 2, 32 * kPanel}}}};
  TestBuffer<2> c_buffer_{c_.data(), {{{48, 16, 1}, {3, 16, 16}}}};
};

TEST_F(TileStage, FindsItsRowsAndColumnsFromTheBuffers) {
  ASSERT_EQ(call(), 0);
  EXPECT_EQ(emulator::take_fault(), "");
  const auto value = [](std::size_t index, std::size_t modulus) {
    return static_cast<float>(index % modulus);
  };
  for (std::size_t i = 0; i < 16; ++i) {
    for (std::size_t j = 0; j < 16; ++j) {
      float want = 0;
      for (std::size_t k = 0; k < 32; ++k) {
        const std::size_t weight = 32 * kPanel + (k / 2) * 2 * kPanel + 2 * (16 + j) + k % 2;
        want += value((3 + i) * 32 + k, 7) * value(weight, 5);
      }
      EXPECT_EQ(c_[16 * i + j], want);
    }
  }
}

TEST_F(TileStage, AnswersAQueryWithoutComputing) {
  for (halide_buffer_t* buffer : {&a_buffer_.buffer, &b_buffer_.buffer, &c_buffer_.buffer}) {
    std::uint8_t* host = std::exchange(buffer->host, nullptr);
    EXPECT_EQ(call(), 0);
    EXPECT_EQ(c_.front(), -1.0f);
    buffer->host = host;
  }
}

TEST_F(TileStage, RefusesColumnsOverTheEdgeOfAPanel) {
  c_buffer_.dimensions[0].min = 24;
  EXPECT_NE(call(), 0);
  EXPECT_EQ(c_.front(), -1.0f);
}

TEST_F(TileStage, RefusesAnotherShape) {
  c_buffer_.dimensions[1].extent = 15;
  EXPECT_NE(call(), 0);
  c_buffer_.dimensions[1].extent = 16;
  c_buffer_.dimensions[0].stride = 2;
  EXPECT_NE(call(), 0);
  EXPECT_EQ(c_.front(), -1.0f);
}

}  // namespace
}  // namespace vitgen
