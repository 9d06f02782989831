// Tensor-core instructions and asynchronous copies.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <set>

#include "tests/ptx/opcodes/fragments.h"
#include "tests/ptx/opcodes/numbers.h"
#include "tests/ptx/program_text.h"

namespace vitgen::ptx {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kShared = ".extern .shared .align 128 .b8 tile[];\n";

// PTX ISA, figures of the fragments of mma.m16n8k16: lane and element of some places.
TEST(Fragments, LieWhereTheIsaDrawsThem) {
  const auto is_at = [](Element e, int row, int column) {
    return e.row == row && e.column == column;
  };
  EXPECT_TRUE(is_at(a_element(0, 0), 0, 0));     // T0: {a0, a1}
  EXPECT_TRUE(is_at(a_element(3, 1), 0, 7));     // T3: {a0, a1}
  EXPECT_TRUE(is_at(a_element(31, 2), 15, 6));   // T31: {a2, a3}
  EXPECT_TRUE(is_at(a_element(4, 4), 1, 8));     // T4: {a4, a5}
  EXPECT_TRUE(is_at(a_element(31, 7), 15, 15));  // T31: {a6, a7}
  EXPECT_TRUE(is_at(b_element(1, 0), 2, 0));     // T1: {b0, b1}
  EXPECT_TRUE(is_at(b_element(31, 3), 15, 7));   // T31: {b2, b3}
  EXPECT_TRUE(is_at(c_element(28, 1), 7, 1));    // T28: {c0, c1}
  EXPECT_TRUE(is_at(c_element(0, 2), 8, 0));     // T0: {c2, c3}
  EXPECT_TRUE(is_at(a_element_tf32(5, 1), 9, 1));
  EXPECT_TRUE(is_at(a_element_tf32(5, 2), 1, 5));
  EXPECT_TRUE(is_at(b_element_tf32(5, 1), 5, 1));
}

TEST(Fragments, HoldEveryElementOnce) {
  const auto places = [](int elements, auto element) {
    std::set<std::pair<int, int>> seen;
    for (int lane = 0; lane < 32; ++lane) {
      for (int i = 0; i < elements; ++i) {
        const Element at = element(lane, i);
        seen.emplace(at.row, at.column);
      }
    }
    return seen.size();
  };
  EXPECT_EQ(places(8, a_element), 256u);
  EXPECT_EQ(places(4, a_element), 128u);
  EXPECT_EQ(places(4, b_element), 128u);
  EXPECT_EQ(places(4, c_element), 128u);
  EXPECT_EQ(places(4, a_element_tf32), 128u);
  EXPECT_EQ(places(2, b_element_tf32), 64u);
  EXPECT_EQ(places(2, matrix_element), 64u);
}

std::string registers(const std::string& name, int first, int count) {
  std::string text = "{";
  for (int i = 0; i < count; ++i) text += (i == 0 ? "%" : ", %") + name + std::to_string(first + i);
  return text + "}";
}

// One 32-bit register after another from the array: register r of lane l at 4 (32 r + l).
std::string load(const std::string& name, int count, int first_word) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += "ld.global.b32 %" + name + std::to_string(i + 1) + ", [%rd1+" +
            std::to_string(4 * (first_word + 32 * i)) + "];\n";
  }
  return text;
}

/// Runs one mma on small whole numbers and compares with the sums of products.
template <class T>
void expect_product(const std::string& opcode, int k) {
  constexpr bool is_pair = sizeof(T) == 2;
  const int a_registers = 16 * k / 32 / (is_pair ? 2 : 1),
            b_registers = 8 * k / 32 / (is_pair ? 2 : 1);
  std::vector<std::uint32_t> array(static_cast<std::size_t>(32 * (a_registers + b_registers + 4)));
  std::vector<std::vector<double>> a(16, std::vector<double>(static_cast<std::size_t>(k)));
  std::vector<std::vector<double>> b(static_cast<std::size_t>(k), std::vector<double>(8));
  const auto put = [&](auto& matrix, int rows, int columns, int first, int elements, auto element,
                       int seed) {
    for (int r = 0; r < rows; ++r) {
      for (int c = 0; c < columns; ++c)
        matrix[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)] =
            (r * 7 + c * 3 + seed) % 11 - 5;
    }
    for (int lane = 0; lane < 32; ++lane) {
      for (int i = 0; i < elements; ++i) {
        const Element at = element(lane, i);
        const T value = from_double<T>(
            matrix[static_cast<std::size_t>(at.row)][static_cast<std::size_t>(at.column)]);
        const int in_register = is_pair ? 2 : 1;
        auto* word = &array[static_cast<std::size_t>(first + 32 * (i / in_register) + lane)];
        std::memcpy(
            reinterpret_cast<char*>(word) + sizeof(T) * static_cast<std::size_t>(i % in_register),
            &value, sizeof value);
      }
    }
  };
  put(a, 16, k, 0, 16 * k / 32, is_pair ? a_element : a_element_tf32, 1);
  put(b, k, 8, 32 * a_registers, 8 * k / 32, is_pair ? b_element : b_element_tf32, 4);
  const int c_word = 32 * (a_registers + b_registers);
  for (int i = 0; i < 128; ++i)
    array[static_cast<std::size_t>(c_word + i)] =
        std::bit_cast<std::uint32_t>(static_cast<float>(i % 5));
  std::string text = load("r", a_registers + b_registers, 0) + load("f", 4, c_word);
  text += opcode + " " + registers("f", 1, 4) + ", " + registers("r", 1, a_registers) + ", " +
          registers("r", 1 + a_registers, b_registers) + ", " + registers("f", 1, 4) + ";\n";
  for (int i = 0; i < 4; ++i)
    text += "st.global.f32 [%rd1+" + std::to_string(4 * (c_word + 32 * i)) + "], %f" +
            std::to_string(i + 1) + ";\n";
  run_program(program_text(text), array, {.threads = 32});
  for (int lane = 0; lane < 32; ++lane) {
    for (int i = 0; i < 4; ++i) {
      const Element at = c_element(lane, i);
      double sum = (32 * i + lane) % 5;
      for (int p = 0; p < k; ++p)
        sum += a[static_cast<std::size_t>(at.row)][static_cast<std::size_t>(p)] *
               b[static_cast<std::size_t>(p)][static_cast<std::size_t>(at.column)];
      EXPECT_EQ(std::bit_cast<float>(array[static_cast<std::size_t>(c_word + 32 * i + lane)]), sum);
    }
  }
}

TEST(Mma, MultipliesTiles) {
  expect_product<Half>("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32", 16);
  expect_product<Bfloat>("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32", 16);
  expect_product<Half>("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32", 8);
  expect_product<Bfloat>("mma.sync.aligned.m16n8k8.row.col.f32.bf16.bf16.f32", 8);
  expect_product<float>("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32", 8);
  expect_product<float>("mma.sync.aligned.m16n8k4.row.col.f32.tf32.tf32.f32", 4);
}

TEST(Mma, NeedsAllLanes) {
  const std::string text =
      program_text("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 " + registers("f", 1, 4) +
                   ", {%r1, %r2}, {%r3}, " + registers("f", 1, 4) + ";");
  EXPECT_THAT(error_of(text, {.threads = 16}), HasSubstr("all 32 lanes"));
}

// Four 8 x 8 matrices of the numbers 0 to 255, whose rows lie one after another.
std::string matrix_program(const std::string& body) {
  std::string text = "mov.u32 %r1, tile;\nmad.lo.u32 %r1, %r0, 16, %r1;\n";
  for (int i = 0; i < 8; ++i) {
    text += "mad.lo.u32 %r2, %r0, 8, " + std::to_string(i) +
            ";\ncvt.u16.u32 %rs1, %r2;\nst.shared.u16 [%r1+" + std::to_string(2 * i) + "], %rs1;\n";
  }
  return program_text(text + "bar.sync 0;\n" + body, kShared);
}

TEST(Matrices, LoadByRowsAndTransposed) {
  const Shape shape{.threads = 32, .shared_bytes = 512};
  for (const bool transposed : {false, true}) {
    std::vector<std::uint32_t> array(128);
    std::string body = "ldmatrix.sync.aligned.m8n8.x4" + std::string(transposed ? ".trans" : "") +
                       ".shared.b16 {%r3, %r4, %r5, %r6}, [%r1];\n";
    for (int m = 0; m < 4; ++m)
      body += "st.global.b32 [%rd1+" + std::to_string(128 * m) + "], %r" + std::to_string(3 + m) +
              ";\n";
    run_program(matrix_program(body), array, shape);
    for (std::uint32_t i = 0; i < 128; ++i) {
      const std::uint32_t matrix = i / 32, row = i % 32 / 4, column = i % 4 * 2;
      const std::uint32_t first = matrix * 64 + (transposed ? column * 8 + row : row * 8 + column);
      EXPECT_EQ(array[i], first | (first + (transposed ? 8 : 1)) << 16);
    }
  }
}

TEST(Matrices, StoreAndTransposeUndoTheLoad) {
  const Shape shape{.threads = 32, .shared_bytes = 512};
  std::vector<std::uint32_t> array(32);
  run_program(
      matrix_program("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r3}, [%r1];\n"
                     "movmatrix.sync.aligned.m8n8.trans.b16 %r4, %r3;\nbar.sync 0;\n"
                     "stmatrix.sync.aligned.m8n8.x1.trans.shared.b16 [%r1], {%r4};\nbar.sync 0;\n"
                     "mov.u32 %r2, tile;\nmad.lo.u32 %r2, %r0, 4, %r2;\nld.shared.b32 %r5, [%r2];\n"
                     "st.global.b32 [%rd1], %r5;"),
      array, shape);
  for (std::uint32_t i = 0; i < 32; ++i) EXPECT_EQ(array[i], 2 * i | (2 * i + 1) << 16);
}

std::string copy_program(const std::string& after) {
  return program_text(
      "mov.u32 %r1, tile;\nmad.lo.u32 %r1, %r0, 4, %r1;\n"
      "cp.async.ca.shared.global [%r1], [%rd1], 4;\ncp.async.commit_group;\n"
      "cp.async.ca.shared.global [%r1+128], [%rd1+128], 4, 2;\ncp.async.commit_group;\n" +
          after,
      kShared);
}

TEST(Copies, ArriveInGroups) {
  std::vector<std::uint32_t> array(64);
  for (std::uint32_t i = 0; i < 64; ++i) array[i] = 0x10000 * i + i + 1;
  const std::vector<std::uint32_t> before = array;
  run_program(
      copy_program(
          "cp.async.wait_group 1;\nld.shared.u32 %r2, [%r1];\nld.shared.u32 %r3, [%r1+128];\n"
          "st.global.u32 [%rd1], %r2;\nst.global.u32 [%rd1+128], %r3;\n"),
      array, {.threads = 32, .shared_bytes = 256});
  EXPECT_EQ(array[5], before[5]);
  EXPECT_EQ(array[37], 0xffffffffu);  // has not arrived
  array = before;
  run_program(
      copy_program(
          "cp.async.wait_all;\nld.shared.u32 %r3, [%r1+128];\nst.global.u32 [%rd1+128], %r3;\n"),
      array, {.threads = 32, .shared_bytes = 256});
  EXPECT_EQ(array[37], before[37] & 0xffff);  // two bytes are read, the rest is zero
}

TEST(Copies, NeedABarrierBeforeOtherThreadsRead) {
  const auto program = [](std::string_view barrier) {
    return copy_program("cp.async.wait_group 0;\n" + std::string(barrier) +
                        "\nxor.b32 %r2, %r1, 4;\nld.shared.u32 %r2, [%r2];");
  };
  const Shape shape{.threads = 32, .shared_bytes = 256};
  EXPECT_THAT(error_of(program(""), shape), HasSubstr("race"));
  EXPECT_EQ(error_of(program("bar.sync 0;"), shape), "");
}

TEST(Copies, AreChecked) {
  const Shape shape{.threads = 1, .shared_bytes = 16};
  EXPECT_THAT(
      error_of(program_text("cp.async.cg.shared.global [tile], [%rd0+8], 16;", kShared), shape),
      HasSubstr("misaligned"));
  EXPECT_THAT(
      error_of(program_text("cp.async.cg.shared.global [tile+16], [%rd0], 16;", kShared), shape),
      HasSubstr("out of bounds"));
  EXPECT_THAT(
      error_of(program_text("cp.async.cg.shared.global [tile], [%rd0+1024], 16;", kShared), shape),
      HasSubstr("out of bounds"));
  EXPECT_THAT(
      error_of(program_text("cp.async.cg.shared.global [tile], [%rd0], 4;", kShared), shape),
      HasSubstr("cannot have"));
}

}  // namespace
}  // namespace vitgen::ptx
