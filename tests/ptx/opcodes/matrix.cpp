// Tensor cores: mma.sync, ldmatrix, stmatrix, movmatrix.

#include <array>

#include "tests/ptx/opcodes/addresses.h"
#include "tests/ptx/opcodes/fragments.h"
#include "tests/ptx/opcodes/numbers.h"

namespace vitgen::ptx {

namespace {

constexpr int kM = 16, kN = 8, kMaxK = 16;

void require_whole_warp(std::uint32_t lanes) {
  if (lanes != ~0u) throw Fault("a tensor-core instruction needs all 32 lanes");
}

struct Tf32 {
  std::uint32_t bits;
};

// The tensor cores read the upper 19 bits.
double to_double(Tf32 x) {
  return static_cast<double>(std::bit_cast<float>(x.bits & ~((1u << 13) - 1)));
}
using ptx::to_double;

template <class T>
T element_of(const Thread& thread, const Slot* slots, int i) {
  constexpr int kInRegister = 4 / static_cast<int>(sizeof(T));
  const auto bits = thread.get<std::uint32_t>(slots[i / kInRegister]);
  T value;
  std::memcpy(
      &value,
      reinterpret_cast<const char*>(&bits) + sizeof(T) * static_cast<std::size_t>(i % kInRegister),
      sizeof(T));
  return value;
}

struct Tiles {
  double a[kM][kMaxK];
  double b[kMaxK][kN];
};

template <class T, int k>
void gather(const Instruction& i, const Warp& warp, Tiles& tiles) {
  constexpr bool is_tf32 = std::is_same_v<T, Tf32>;
  constexpr int kA = kM * k / 32, kB = kN * k / 32;
  constexpr int kInRegister = 4 / static_cast<int>(sizeof(T));
  const Slot* a = i.operands + 4;
  const Slot* b = a + kA / kInRegister;
  for (int lane = 0; lane < 32; ++lane) {
    const Thread& thread = warp.lanes[lane];
    for (int e = 0; e < kA; ++e) {
      const Element at = is_tf32 ? a_element_tf32(lane, e) : a_element(lane, e);
      tiles.a[at.row][at.column] = to_double(element_of<T>(thread, a, e));
    }
    for (int e = 0; e < kB; ++e) {
      const Element at = is_tf32 ? b_element_tf32(lane, e) : b_element(lane, e);
      tiles.b[at.row][at.column] = to_double(element_of<T>(thread, b, e));
    }
  }
}

// Operands: d, a, b, c. A sum of k products and c, rounded once.
template <class T, int k>
void execute_mma(const Instruction& i, Warp& warp, std::uint32_t lanes) {
  require_whole_warp(lanes);
  Tiles tiles;
  gather<T, k>(i, warp, tiles);
  const Slot* c = i.operands + i.count - 4;
  for (int lane = 0; lane < 32; ++lane) {
    Thread& thread = warp.lanes[lane];
    std::array<float, 4> d{};
    for (int e = 0; e < 4; ++e) {
      const Element at = c_element(lane, e);
      double sum = to_double(thread.get<float>(c[e]));
      for (int p = 0; p < k; ++p) sum += tiles.a[at.row][p] * tiles.b[p][at.column];
      d[static_cast<std::size_t>(e)] = static_cast<float>(sum);
    }
    for (int e = 0; e < 4; ++e) thread.set(i.operands[e], d[static_cast<std::size_t>(e)]);
  }
}

ExecuteTogether product_of(std::string_view shape, Type type) {
  if (shape == "m16n8k16" && type == Type::f16) return &execute_mma<Half, 16>;
  if (shape == "m16n8k16" && type == Type::bf16) return &execute_mma<Bfloat, 16>;
  if (shape == "m16n8k8" && type == Type::f16) return &execute_mma<Half, 8>;
  if (shape == "m16n8k8" && type == Type::bf16) return &execute_mma<Bfloat, 8>;
  if (shape == "m16n8k8" && type == Type::tf32) return &execute_mma<Tf32, 8>;
  if (shape == "m16n8k4" && type == Type::tf32) return &execute_mma<Tf32, 4>;
  return nullptr;
}

Decoded decode_mma(Statement& s) {
  if (!s.take("sync") || !s.take("aligned")) s.fail("lacks .sync.aligned");
  const std::string_view shape = s.take_one({"m16n8k16", "m16n8k8", "m16n8k4"});
  if (!s.take("row") || !s.take("col")) s.fail("is known with .row.col only");
  const Type d = s.take_type(), a = s.take_type(), b = s.take_type(), c = s.take_type();
  if (d != Type::f32 || c != Type::f32 || a != b) s.fail("is not known for these types");
  const ExecuteTogether together = product_of(shape, a);
  if (!together) s.fail("is not known for this shape and type");
  const std::size_t k = shape == "m16n8k16" ? 16 : shape == "m16n8k8" ? 8 : 4;
  const std::size_t in_register = a == Type::tf32 ? 1 : 2;
  s.expect_operands(4, 4);
  Decoded decoded{.together = together};
  const std::size_t sizes[] = {4, k * kM / 32 / in_register, k * kN / 32 / in_register, 4};
  for (std::size_t i = 0; i < 4; ++i) {
    const auto slots = s.vector(i, sizes[i]);
    decoded.operands.insert(decoded.operands.end(), slots.begin(), slots.end());
  }
  decoded.count = static_cast<std::uint32_t>(decoded.operands.size());
  return decoded;
}

// Eight rows of 16 bytes for each matrix; lane 8 m + r has the address of row r of matrix m.
// Operands: the registers, then the address. `constant2`: transposed.
void execute_ldmatrix(const Instruction& i, Warp& warp, std::uint32_t lanes) {
  require_whole_warp(lanes);
  std::uint16_t rows[kLanes][8] = {};
  for (std::uint32_t lane = 0; lane < 8 * i.count; ++lane) {
    Thread& thread = warp.lanes[lane];
    thread.read(static_cast<Space>(i.constant2 >> 1), address_of(i, thread, i.operands[i.count]),
                rows[lane], 16);
  }
  const bool transposed = (i.constant2 & 1) != 0;
  for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
    for (std::uint32_t m = 0; m < i.count; ++m) {
      std::uint32_t both = 0;
      for (int e = 0; e < 2; ++e) {
        Element at = matrix_element(static_cast<int>(lane), e);
        if (transposed) std::swap(at.row, at.column);
        both |= std::uint32_t{rows[8 * m + static_cast<std::uint32_t>(at.row)][at.column]}
                << (16 * e);
      }
      warp.lanes[lane].set(i.operands[m], both);
    }
  }
}

void execute_stmatrix(const Instruction& i, Warp& warp, std::uint32_t lanes) {
  require_whole_warp(lanes);
  std::uint16_t rows[kLanes][8] = {};
  const bool transposed = (i.constant2 & 1) != 0;
  for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
    for (std::uint32_t m = 0; m < i.count; ++m) {
      const auto both = warp.lanes[lane].get<std::uint32_t>(i.operands[m]);
      for (int e = 0; e < 2; ++e) {
        Element at = matrix_element(static_cast<int>(lane), e);
        if (transposed) std::swap(at.row, at.column);
        rows[8 * m + static_cast<std::uint32_t>(at.row)][at.column] =
            static_cast<std::uint16_t>(both >> (16 * e));
      }
    }
  }
  for (std::uint32_t lane = 0; lane < 8 * i.count; ++lane) {
    Thread& thread = warp.lanes[lane];
    thread.write(static_cast<Space>(i.constant2 >> 1), address_of(i, thread, i.operands[i.count]),
                 rows[lane], 16);
  }
}

// ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {r0, r1, r2, r3}, [address];
Decoded decode_matrix_move(Statement& s, std::size_t registers, ExecuteTogether together) {
  if (!s.take("sync") || !s.take("aligned") || !s.take("m8n8")) s.fail("lacks .sync.aligned.m8n8");
  const std::string_view count = s.take_one({"x1", "x2", "x4"});
  const bool transposed = s.take("trans");
  const Space space = take_space(s);
  if (count.empty() || s.take_type() != Type::b16) s.fail("is not known for this type");
  s.expect_operands(2, 2);
  const auto matrices = static_cast<std::uint32_t>(count[1] - '0');
  const auto slots = s.vector(registers, matrices);
  Decoded decoded = at_address(s.address(1 - registers));
  decoded.together = together;
  decoded.operands.insert(decoded.operands.begin(), slots.begin(), slots.end());
  decoded.count = matrices;
  decoded.constant2 = static_cast<std::int64_t>(space) << 1 | (transposed ? 1 : 0);
  return decoded;
}

Decoded decode_ldmatrix(Statement& s) { return decode_matrix_move(s, 0, &execute_ldmatrix); }
Decoded decode_stmatrix(Statement& s) { return decode_matrix_move(s, 1, &execute_stmatrix); }

// The transpose of a matrix in registers.
void execute_movmatrix(const Instruction& i, Warp& warp, std::uint32_t lanes) {
  require_whole_warp(lanes);
  std::uint16_t matrix[8][8] = {};
  for (int lane = 0; lane < 32; ++lane) {
    const auto both = warp.lanes[lane].get<std::uint32_t>(i.operands[1]);
    for (int e = 0; e < 2; ++e) {
      const Element at = matrix_element(lane, e);
      matrix[at.column][at.row] = static_cast<std::uint16_t>(both >> (16 * e));
    }
  }
  for (int lane = 0; lane < 32; ++lane) {
    const Element at = matrix_element(lane, 0);
    warp.lanes[lane].set(i.operands[0], std::uint32_t{matrix[at.row][at.column]} |
                                            std::uint32_t{matrix[at.row][at.column + 1]} << 16);
  }
}

Decoded decode_movmatrix(Statement& s) {
  if (!s.take("sync") || !s.take("aligned") || !s.take("m8n8") || !s.take("trans") ||
      !s.take("b16")) {
    s.fail("is known as .sync.aligned.m8n8.trans.b16 only");
  }
  return {.together = &execute_movmatrix, .operands = s.values(2)};
}

constexpr Opcode kOpcodes[] = {{"mma", decode_mma},
                               {"ldmatrix", decode_ldmatrix},
                               {"stmatrix", decode_stmatrix},
                               {"movmatrix", decode_movmatrix}};

}  // namespace

std::span<const Opcode> matrix_opcodes() { return kOpcodes; }

}  // namespace vitgen::ptx
