#pragma once
// Floating-point arithmetic: f32 and f64 as IEEE 754 says, formats of 16 bits rounded once, pairs
// of those element by element.

#include <algorithm>
#include <cmath>

#include "tests/ptx/opcodes/apply.h"
#include "tests/ptx/opcodes/numbers.h"
#include "tests/ptx/parse/statement.h"

namespace vitgen::ptx {

struct FloatModifiers {
  bool flush = false;     ///< .ftz: subnormal f32 are zero, in and out
  bool saturate = false;  ///< .sat: the result within [0, 1], NaN is 0
};

inline FloatModifiers take_float_modifiers(Statement& s) { return {s.take("ftz"), s.take("sat")}; }

inline float flushed(float x) {
  return std::abs(x) < std::numeric_limits<float>::min() ? std::copysign(0.0f, x) : x;
}

struct FusedMultiplyAdd {
  template <class T>
  T operator()(T a, T b, T c) const {
    return std::fma(a, b, c);
  }
};

struct FloatDivide {
  template <class T>
  T operator()(T a, T b) const {
    return a / b;
  }
};

struct FloatAbsolute {
  template <class T>
  T operator()(T a) const {
    return std::abs(a);
  }
};

struct FloatNegate {
  template <class T>
  T operator()(T a) const {
    return -a;
  }
};

// Of a number and a NaN, the number; -0 is less than +0.
struct FloatMinimum {
  template <class T>
  T operator()(T a, T b) const {
    if (std::isnan(a)) return b;
    if (std::isnan(b)) return a;
    return a < b || (a == b && std::signbit(a)) ? a : b;
  }
};

struct FloatMaximum {
  template <class T>
  T operator()(T a, T b) const {
    return -FloatMinimum{}(-a, -b);
  }
};

struct NanMinimum {
  template <class T>
  T operator()(T a, T b) const {
    return std::isnan(a) || std::isnan(b) ? a + b : FloatMinimum{}(a, b);
  }
};

struct NanMaximum {
  template <class T>
  T operator()(T a, T b) const {
    return std::isnan(a) || std::isnan(b) ? a + b : FloatMaximum{}(a, b);
  }
};

template <class Op, bool flush, bool saturate>
struct Modified {
  template <class... T>
  float operator()(T... x) const {
    float y = flush ? flushed(Op{}(flushed(x)...)) : Op{}(x...);
    if (saturate) y = y > 0 ? std::min(y, 1.0f) : 0.0f;
    return y;
  }
};

/// In double precision, where one operation on such numbers leaves room for one rounding.
template <class Op>
struct Widened {
  template <class... H>
  auto operator()(H... x) const {
    using Narrow = std::common_type_t<H...>;
    return from_double<Narrow>(Op{}(to_double(x)...));
  }
};

template <>
struct Widened<FusedMultiplyAdd> {
  template <class H>
  H operator()(H a, H b, H c) const {
    return from_double<H>(fma_to_odd(to_double(a), to_double(b), to_double(c)));
  }
};

template <class Op>
struct Paired {
  template <class... H>
  auto operator()(Pair<H>... x) const {
    return std::common_type_t<Pair<H>...>{Op{}(x.low...), Op{}(x.high...)};
  }
};

template <class Op, int operands, class T>
constexpr Execute handler_of() {
  if constexpr (operands == 1) return unary<Op, T>();
  if constexpr (operands == 2) return binary<Op, T>();
  if constexpr (operands == 3) return ternary<Op, T>();
}

/// Null for types or modifiers that are not known.
template <class Op, int operands>
Execute float_handler(Type type, FloatModifiers modifiers) {
  if (type == Type::f32 && modifiers.flush) {
    return modifiers.saturate ? handler_of<Modified<Op, true, true>, operands, float>()
                              : handler_of<Modified<Op, true, false>, operands, float>();
  }
  if (type == Type::f32 && modifiers.saturate) {
    return handler_of<Modified<Op, false, true>, operands, float>();
  }
  if (modifiers.flush || modifiers.saturate) return nullptr;
  switch (type) {
    case Type::f32:
      return handler_of<Op, operands, float>();
    case Type::f64:
      return handler_of<Op, operands, double>();
    case Type::f16:
      return handler_of<Widened<Op>, operands, Half>();
    case Type::bf16:
      return handler_of<Widened<Op>, operands, Bfloat>();
    case Type::f16x2:
      return handler_of<Paired<Widened<Op>>, operands, Pair<Half>>();
    case Type::bf16x2:
      return handler_of<Paired<Widened<Op>>, operands, Pair<Bfloat>>();
    default:
      return nullptr;
  }
}

}  // namespace vitgen::ptx
