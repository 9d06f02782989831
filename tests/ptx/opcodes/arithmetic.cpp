// add, sub, mul, mad, fma, div, rem, abs, neg, min, max of integers and floating-point numbers.

#include <algorithm>
#include <limits>

#include "tests/ptx/opcodes/floats.h"
#include "tests/ptx/opcodes/integers.h"
#include "tests/ptx/parse/statement.h"

namespace vitgen::ptx {

namespace {

// "add.f32" without a rounding is one to nearest that an assembler may fuse.
bool take_rounding(Statement& s) { return s.take("rn"); }

template <class Integer, class Float>
Decoded two_operands(Statement& s) {
  take_rounding(s);
  const FloatModifiers modifiers = take_float_modifiers(s);
  const Type type = s.take_type();
  return {.execute = is_float(type)
                         ? float_handler<Float, 2>(type, modifiers)
                         : with_integer(type, []<class T>() { return binary<Integer, T>(); }),
          .operands = s.values(3)};
}

template <class Integer, class Float>
Decoded one_operand(Statement& s) {
  const FloatModifiers modifiers = take_float_modifiers(s);
  const Type type = s.take_type();
  return {.execute = is_float(type)
                         ? float_handler<Float, 1>(type, modifiers)
                         : with_integer(type, []<class T>() { return unary<Integer, T>(); }),
          .operands = s.values(2)};
}

Decoded decode_add(Statement& s) {
  return s.take("cc") ? decode_carry(s) : two_operands<Add, Add>(s);
}

Decoded decode_sub(Statement& s) {
  return s.take("cc") ? decode_carry(s) : two_operands<Subtract, Subtract>(s);
}

template <class T>
Execute wide_product() {
  if constexpr (sizeof(T) == 8) {
    return nullptr;
  } else {
    return binary<WideMultiply, T>();
  }
}

template <class T>
Execute wide_sum() {
  if constexpr (sizeof(T) == 8) {
    return nullptr;
  } else {
    return &apply<WideMultiplyAdd, T, T, Wide<T>>;
  }
}

Decoded decode_mul(Statement& s) {
  const std::string_view part = s.take_one({"lo", "hi", "wide"});
  if (part.empty()) return two_operands<Multiply, Multiply>(s);
  const Type type = s.take_type();
  const auto handler = [&]<class T>() -> Execute {
    if (part == "wide") return wide_product<T>();
    return part == "hi" ? binary<MultiplyHigh, T>() : binary<Multiply, T>();
  };
  return {.execute = with_integer(type, handler), .operands = s.values(3)};
}

Decoded decode_fma(Statement& s) {
  if (!take_rounding(s)) s.fail("lacks .rn, the only rounding known here");
  const FloatModifiers modifiers = take_float_modifiers(s);
  const Type type = s.take_type();
  return {.execute = is_float(type) ? float_handler<FusedMultiplyAdd, 3>(type, modifiers) : nullptr,
          .operands = s.values(4)};
}

Decoded decode_mad(Statement& s) {
  const std::string_view part = s.take_one({"lo", "hi", "wide"});
  if (part.empty()) return decode_fma(s);
  if (s.take("cc")) return decode_carry_mad(s, part);
  const Type type = s.take_type();
  const auto handler = [&]<class T>() -> Execute {
    if (part == "wide") return wide_sum<T>();
    return part == "hi" ? ternary<MultiplyAddHigh, T>() : ternary<MultiplyAdd, T>();
  };
  return {.execute = with_integer(type, handler), .operands = s.values(4)};
}

Decoded decode_mul24(Statement& s) {
  s.take_all({"lo"});
  const Type type = s.take_type();
  const Execute execute = type == Type::u32   ? binary<Multiply24, std::uint32_t>()
                          : type == Type::s32 ? binary<Multiply24, std::int32_t>()
                                              : nullptr;
  return {.execute = execute, .operands = s.values(3)};
}

// Full-range division has 2 units in the last place of error; here the quotient is rounded once.
Decoded decode_div(Statement& s) {
  s.take_one({"rn", "full", "approx"});
  return two_operands<Divide, FloatDivide>(s);
}

Decoded decode_rem(Statement& s) {
  const Type type = s.take_type();
  return {.execute = with_integer(type, []<class T>() { return binary<Remainder, T>(); }),
          .operands = s.values(3)};
}

Decoded decode_min(Statement& s) {
  return s.take("NaN") ? two_operands<Minimum, NanMinimum>(s)
                       : two_operands<Minimum, FloatMinimum>(s);
}

Decoded decode_max(Statement& s) {
  return s.take("NaN") ? two_operands<Maximum, NanMaximum>(s)
                       : two_operands<Maximum, FloatMaximum>(s);
}

constexpr Opcode kOpcodes[] = {
    {"add", decode_add},
    {"sub", decode_sub},
    {"mul", decode_mul},
    {"fma", decode_fma},
    {"mad", decode_mad},
    {"mul24", decode_mul24},
    {"div", decode_div},
    {"rem", decode_rem},
    {"abs", one_operand<Absolute, FloatAbsolute>},
    {"neg", one_operand<Negate, FloatNegate>},
    {"min", decode_min},
    {"max", decode_max},
};

}  // namespace

std::span<const Opcode> arithmetic_opcodes() { return kOpcodes; }

}  // namespace vitgen::ptx
