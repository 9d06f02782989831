// Logic, shifts, and fields of bits.

#include <bit>

#include "tests/ptx/opcodes/integers.h"

namespace vitgen::ptx {

namespace {

struct And {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a & b);
  }
};
struct Or {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a | b);
  }
};
struct Xor {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a ^ b);
  }
};
struct Not {
  template <class T>
  T operator()(T a) const {
    if constexpr (std::is_same_v<T, bool>)
      return !a;
    else
      return static_cast<T>(~a);
  }
};
struct LogicalNot {
  template <class T>
  T operator()(T a) const {
    return a == 0 ? T{1} : T{0};
  }
};

// Amounts beyond the width shift everything out.
struct ShiftLeft {
  template <class T>
  T operator()(T a, std::uint32_t b) const {
    return b >= 8 * sizeof(T) ? T{0} : static_cast<T>(bits_of(a) << b);
  }
};
struct ShiftRight {
  template <class T>
  T operator()(T a, std::uint32_t b) const {
    return static_cast<T>(a >> std::min<std::uint32_t>(b, 8 * sizeof(T) - 1) >>
                          (b >= 8 * sizeof(T) ? 1 : 0));
  }
};

template <bool left, bool clamp>
struct FunnelShift {
  std::uint32_t operator()(std::uint32_t low, std::uint32_t high, std::uint32_t amount) const {
    amount = clamp ? std::min(amount, 32u) : amount & 31;
    const std::uint64_t both = std::uint64_t{high} << 32 | low;
    return static_cast<std::uint32_t>(left ? both << amount >> 32 : both >> amount);
  }
};

struct PopulationCount {
  template <class T>
  std::uint32_t operator()(T a) const {
    return static_cast<std::uint32_t>(std::popcount(a));
  }
};
struct LeadingZeros {
  template <class T>
  std::uint32_t operator()(T a) const {
    return static_cast<std::uint32_t>(std::countl_zero(a));
  }
};
struct Reverse {
  template <class T>
  T operator()(T a) const {
    T reversed = 0;
    for (std::size_t i = 0; i < 8 * sizeof(T); ++i)
      reversed |= static_cast<T>((a >> i & 1) << (8 * sizeof(T) - 1 - i));
    return reversed;
  }
};

// PTX ISA, "bfe": beyond the field the sign, if there is one, else zeros.
struct ExtractField {
  template <class T>
  T operator()(T a, std::uint32_t b, std::uint32_t c) const {
    constexpr std::uint32_t width = 8 * sizeof(T);
    const std::uint32_t position = b & 0xff, length = c & 0xff;
    T sign = 0;
    if (std::is_signed_v<T> && length != 0)
      sign = static_cast<T>(bits_of(a) >> std::min(position + length - 1, width - 1) & 1);
    T field = 0;
    for (std::uint32_t i = 0; i < width; ++i) {
      const bool inside = i < length && position + i < width;
      const std::uint64_t bit = inside ? bits_of(a) >> (position + i) & 1 : bits_of(sign);
      field = static_cast<T>(bits_of(field) | bit << i);
    }
    return field;
  }
};

struct InsertField {
  template <class T>
  T operator()(T a, T b, std::uint32_t c, std::uint32_t d) const {
    const std::uint32_t position = c & 0xff, length = d & 0xff;
    for (std::uint32_t i = 0; i < length && position + i < 8 * sizeof(T); ++i) {
      const T bit = static_cast<T>(T{1} << (position + i));
      b = static_cast<T>((b & ~bit) | ((a >> i & 1) << (position + i)));
    }
    return b;
  }
};

// Bytes of b:a chosen by the nibbles of c; the upper bit of a nibble takes the byte's sign.
struct Permute {
  std::uint32_t operator()(std::uint32_t a, std::uint32_t b, std::uint32_t c) const {
    const std::uint64_t both = std::uint64_t{b} << 32 | a;
    std::uint32_t result = 0;
    for (int i = 0; i < 4; ++i) {
      const std::uint32_t selector = c >> (4 * i) & 15;
      auto byte = static_cast<std::uint32_t>(both >> (8 * (selector & 7)) & 0xff);
      if ((selector & 8) != 0) byte = (byte & 0x80) != 0 ? 0xff : 0;
      result |= byte << (8 * i);
    }
    return result;
  }
};

void execute_lop3(const Instruction& i, Thread& thread) {
  const auto a = thread.get<std::uint32_t>(i.operands[1]);
  const auto b = thread.get<std::uint32_t>(i.operands[2]);
  const auto c = thread.get<std::uint32_t>(i.operands[3]);
  const auto table = thread.get<std::uint32_t>(i.operands[4]);
  std::uint32_t result = 0;
  for (std::uint32_t row = 0; row < 8; ++row) {
    if ((table >> row & 1) == 0) continue;
    result |= ((row & 4) != 0 ? a : ~a) & ((row & 2) != 0 ? b : ~b) & ((row & 1) != 0 ? c : ~c);
  }
  thread.set(i.operands[0], result);
}

template <class Op>
Decoded decode_logic(Statement& s) {
  const Type type = s.take_type();
  return {.execute = type == Type::pred
                         ? binary<Op, bool>()
                         : with_integer(type, []<class T>() { return binary<Op, T>(); }),
          .operands = s.values(3)};
}

template <class Op>
Decoded decode_not(Statement& s) {
  const Type type = s.take_type();
  return {.execute = type == Type::pred
                         ? unary<Op, bool>()
                         : with_integer(type, []<class T>() { return unary<Op, T>(); }),
          .operands = s.values(2)};
}

template <class Op>
Decoded decode_shift(Statement& s) {
  const Type type = s.take_type();
  return {.execute =
              with_integer(type, []<class T>() -> Execute { return &apply<Op, T, std::uint32_t>; }),
          .operands = s.values(3)};
}

Decoded decode_funnel(Statement& s) {
  const bool left = s.take("l");
  if (!left && !s.take("r")) s.fail("lacks a direction");
  const bool clamp = s.take("clamp");
  if (!clamp && !s.take("wrap")) s.fail("lacks .clamp or .wrap");
  if (s.take_type() != Type::b32) s.fail("is not known for this type");
  const Execute execute = left ? (clamp ? ternary<FunnelShift<true, true>, std::uint32_t>()
                                        : ternary<FunnelShift<true, false>, std::uint32_t>())
                               : (clamp ? ternary<FunnelShift<false, true>, std::uint32_t>()
                                        : ternary<FunnelShift<false, false>, std::uint32_t>());
  return {.execute = execute, .operands = s.values(4)};
}

template <class Op>
Decoded decode_bits(Statement& s) {
  const Type type = s.take_type();
  return {.execute = type == Type::b32   ? unary<Op, std::uint32_t>()
                     : type == Type::b64 ? unary<Op, std::uint64_t>()
                                         : nullptr,
          .operands = s.values(2)};
}

Decoded decode_bfe(Statement& s) {
  const auto handler = []<class T>() -> Execute {
    return &apply<ExtractField, T, std::uint32_t, std::uint32_t>;
  };
  return {.execute = with_integer(s.take_type(), handler), .operands = s.values(4)};
}

Decoded decode_bfi(Statement& s) {
  const std::uint32_t size = size_of(s.take_type());
  return {.execute =
              size == 8
                  ? &apply<InsertField, std::uint64_t, std::uint64_t, std::uint32_t, std::uint32_t>
                  : &apply<InsertField, std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>,
          .operands = s.values(5)};
}

Decoded decode_prmt(Statement& s) {
  if (s.take_type() != Type::b32) s.fail("is not known for this type");
  return {.execute = ternary<Permute, std::uint32_t>(), .operands = s.values(4)};
}

Decoded decode_lop3(Statement& s) {
  if (s.take_type() != Type::b32) s.fail("is not known for this type");
  return {.execute = &execute_lop3, .operands = s.values(5)};
}

constexpr Opcode kOpcodes[] = {
    {"and", decode_logic<And>},
    {"or", decode_logic<Or>},
    {"xor", decode_logic<Xor>},
    {"not", decode_not<Not>},
    {"cnot", decode_not<LogicalNot>},
    {"shl", decode_shift<ShiftLeft>},
    {"shr", decode_shift<ShiftRight>},
    {"shf", decode_funnel},
    {"popc", decode_bits<PopulationCount>},
    {"clz", decode_bits<LeadingZeros>},
    {"brev", decode_bits<Reverse>},
    {"bfe", decode_bfe},
    {"bfi", decode_bfi},
    {"prmt", decode_prmt},
    {"lop3", decode_lop3},
};

}  // namespace

std::span<const Opcode> bit_opcodes() { return kOpcodes; }

}  // namespace vitgen::ptx
