#pragma once
// Integer arithmetic as PTX defines it: modulo the width, also of signed numbers.

#include <cstdint>
#include <type_traits>

#include "tests/ptx/opcodes/apply.h"
#include "tests/ptx/parse/statement.h"

namespace vitgen::ptx {

__extension__ using Int128 = __int128;
__extension__ using Uint128 = unsigned __int128;

template <class T>
using Wide =
    std::conditional_t<sizeof(T) == 2,
                       std::conditional_t<std::is_signed_v<T>, std::int32_t, std::uint32_t>,
                       std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>>;

template <class T>
constexpr std::uint64_t bits_of(T value) {
  return static_cast<std::uint64_t>(value);
}

/// The upper half of the product of twice the width.
template <class T>
constexpr T high_product(T a, T b) {
  using Exact = std::conditional_t<std::is_signed_v<T>, Int128, Uint128>;
  return static_cast<T>((static_cast<Exact>(a) * static_cast<Exact>(b)) >> (8 * sizeof(T)));
}

struct Add {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>)
      return static_cast<T>(bits_of(a) + bits_of(b));
    else
      return a + b;
  }
};

struct Subtract {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>)
      return static_cast<T>(bits_of(a) - bits_of(b));
    else
      return a - b;
  }
};

struct Multiply {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>)
      return static_cast<T>(bits_of(a) * bits_of(b));
    else
      return a * b;
  }
};

struct MultiplyHigh {
  template <class T>
  T operator()(T a, T b) const {
    return high_product(a, b);
  }
};

struct WideMultiply {
  template <class T>
  Wide<T> operator()(T a, T b) const {
    return static_cast<Wide<T>>(Wide<T>{a} * Wide<T>{b});
  }
};

struct MultiplyAdd {
  template <class T>
  T operator()(T a, T b, T c) const {
    return Add{}(Multiply{}(a, b), c);
  }
};

struct MultiplyAddHigh {
  template <class T>
  T operator()(T a, T b, T c) const {
    return Add{}(high_product(a, b), c);
  }
};

struct WideMultiplyAdd {
  template <class T>
  Wide<T> operator()(T a, T b, Wide<T> c) const {
    return Add{}(WideMultiply{}(a, b), c);
  }
};

/// Of the lower 24 bits.
struct Multiply24 {
  template <class T>
  T operator()(T a, T b) const {
    const auto low = [](T x) { return static_cast<T>(static_cast<T>(bits_of(x) << 8) >> 8); };
    return Multiply{}(low(a), low(b));
  }
};

/// PTX leaves the quotient by zero open.
struct Divide {
  template <class T>
  T operator()(T a, T b) const {
    if (b == 0) throw Fault("division by zero");
    if constexpr (std::is_signed_v<T>) {
      if (b == -1) return Subtract{}(T{0}, a);
    }
    return static_cast<T>(a / b);
  }
};

struct Remainder {
  template <class T>
  T operator()(T a, T b) const {
    return Subtract{}(a, Multiply{}(Divide{}(a, b), b));
  }
};

struct Absolute {
  template <class T>
  T operator()(T a) const {
    return a < 0 ? Subtract{}(T{0}, a) : a;
  }
};

struct Negate {
  template <class T>
  T operator()(T a) const {
    return Subtract{}(T{0}, a);
  }
};

struct Minimum {
  template <class T>
  T operator()(T a, T b) const {
    return a < b ? a : b;
  }
};

struct Maximum {
  template <class T>
  T operator()(T a, T b) const {
    return a < b ? b : a;
  }
};

/// add.cc and sub.cc, whose "cc" is taken; mad.cc of the lower or upper half.
Decoded decode_carry(Statement& s);
Decoded decode_carry_mad(Statement& s, std::string_view part);

}  // namespace vitgen::ptx
