// cvt: between all types, with the roundings to integers and to nearest.

#include <bit>

#include "tests/ptx/opcodes/floats.h"
#include "tests/ptx/opcodes/integers.h"

namespace vitgen::ptx {

namespace {

enum class Rounding : std::uint8_t { none, to_nearest, toward_zero, down, up };

/// What the instruction keeps in `constant`.
struct Conversion {
  Type to = Type::b32;
  Rounding rounding = Rounding::none;  ///< to an integer, or toward zero of a narrower number
  bool to_integer = false;
  bool flush = false, saturate = false;
};

std::int64_t pack(const Conversion& c) {
  return static_cast<std::int64_t>(c.to) | static_cast<std::int64_t>(c.rounding) << 8 |
         (c.to_integer ? 1 << 16 : 0) | (c.flush ? 1 << 17 : 0) | (c.saturate ? 1 << 18 : 0);
}

Conversion unpack(std::int64_t bits) {
  return {static_cast<Type>(bits & 0xff), static_cast<Rounding>(bits >> 8 & 0xff),
          (bits >> 16 & 1) != 0, (bits >> 17 & 1) != 0, (bits >> 18 & 1) != 0};
}

double rounded(double x, Rounding rounding) {
  switch (rounding) {
    case Rounding::to_nearest:
      return std::nearbyint(x);
    case Rounding::toward_zero:
      return std::trunc(x);
    case Rounding::down:
      return std::floor(x);
    case Rounding::up:
      return std::ceil(x);
    case Rounding::none:
      break;
  }
  return x;
}

// PTX ISA, "cvt": out of range gives the nearest bound; NaN is 0, but the top bit alone from f64 or
// to 64 bits.
template <class T>
T clamped(double x, bool from_f64) {
  using Limits = std::numeric_limits<T>;
  if (std::isnan(x)) {
    const bool top = from_f64 || sizeof(T) == 8;
    return top ? static_cast<T>(std::uint64_t{1} << (8 * sizeof(T) - 1)) : T{0};
  }
  if (x <= static_cast<double>(Limits::min())) return Limits::min();
  if (x >= static_cast<double>(Limits::max())) return Limits::max();
  return static_cast<T>(x);
}

template <class T>
T clamped(Int128 x) {
  using Limits = std::numeric_limits<T>;
  return static_cast<T>(std::min<Int128>(std::max<Int128>(x, Limits::min()), Limits::max()));
}

template <class T, class From>
T to_integer(From x, const Conversion& c) {
  if constexpr (std::is_integral_v<From>) {
    return c.saturate ? clamped<T>(Int128{x}) : static_cast<T>(x);
  } else {
    return clamped<T>(rounded(to_double(x), c.rounding), std::is_same_v<From, double>);
  }
}

// An integer of 64 bits reaches f32 in one rounding, so not by way of double.
template <class T, class From>
T to_number(From x, const Conversion& c) {
  if constexpr (std::is_integral_v<From> && std::is_same_v<T, float>) {
    return static_cast<float>(x);
  } else if constexpr (std::is_integral_v<From>) {
    return from_double<T>(static_cast<double>(x));
  } else {
    double value = rounded(to_double(x), c.to_integer ? c.rounding : Rounding::none);
    if (c.saturate) value = value > 0 ? std::min(value, 1.0) : 0.0;
    return from_double<T>(value);
  }
}

float cut_to_f32(double x) {
  const auto nearest = static_cast<float>(x);
  return std::abs(static_cast<double>(nearest)) > std::abs(x) ? std::nextafter(nearest, 0.0f)
                                                              : nearest;
}

template <class From>
void execute_cvt(const Instruction& i, Thread& thread) {
  const Conversion c = unpack(i.constant);
  From x = thread.get<From>(i.operands[1]);
  if constexpr (std::is_same_v<From, float>) {
    if (c.flush) x = flushed(x);
  }
  const Slot to = i.operands[0];
  switch (c.to) {
    case Type::u8:
      return thread.set(to, to_integer<std::uint8_t>(x, c));
    case Type::s8:
      return thread.set(to, to_integer<std::int8_t>(x, c));
    case Type::u16:
      return thread.set(to, to_integer<std::uint16_t>(x, c));
    case Type::s16:
      return thread.set(to, to_integer<std::int16_t>(x, c));
    case Type::u32:
      return thread.set(to, to_integer<std::uint32_t>(x, c));
    case Type::s32:
      return thread.set(to, to_integer<std::int32_t>(x, c));
    case Type::u64:
      return thread.set(to, to_integer<std::uint64_t>(x, c));
    case Type::s64:
      return thread.set(to, to_integer<std::int64_t>(x, c));
    case Type::f16:
      return thread.set(to, to_number<Half>(x, c));
    case Type::bf16:
      return thread.set(to, to_number<Bfloat>(x, c));
    case Type::f64:
      return thread.set(to, to_number<double>(x, c));
    default:
      break;
  }
  if constexpr (std::is_same_v<From, double>) {
    if (c.rounding == Rounding::toward_zero && !c.to_integer) return thread.set(to, cut_to_f32(x));
  }
  const float value = to_number<float>(x, c);
  thread.set(to, c.flush ? flushed(value) : value);
}

Execute execute_from(Type type) {
  switch (type) {
    case Type::u8:
      return &execute_cvt<std::uint8_t>;
    case Type::s8:
      return &execute_cvt<std::int8_t>;
    case Type::f16:
      return &execute_cvt<Half>;
    case Type::bf16:
      return &execute_cvt<Bfloat>;
    case Type::f32:
      return &execute_cvt<float>;
    case Type::f64:
      return &execute_cvt<double>;
    default:
      return with_integer(type, []<class T>() -> Execute { return &execute_cvt<T>; });
  }
}

// cvt.rn.f16x2.f32 d, a, b: a in the upper half.
template <class H, bool relu>
void execute_pack(const Instruction& i, Thread& thread) {
  const auto half = [&](Slot slot) {
    const float x = thread.get<float>(slot);
    return from_double<H>(to_double(relu && x < 0 ? 0.0f : x));
  };
  thread.set(i.operands[0], Pair<H>{half(i.operands[2]), half(i.operands[1])});
}

// tf32 has 10 bits of fraction; .rna rounds ties away from zero.
void execute_tf32(const Instruction& i, Thread& thread) {
  auto bits = thread.get<std::uint32_t>(i.operands[1]);
  if (std::isfinite(std::bit_cast<float>(bits))) bits = (bits + (1u << 12)) & ~((1u << 13) - 1);
  thread.set(i.operands[0], bits);
}

Decoded decode_pack(Statement& s, Type to, bool relu) {
  if (s.take_type() != Type::f32) s.fail("is not known for this type");
  const Execute execute = to == Type::f16x2
                              ? (relu ? &execute_pack<Half, true> : &execute_pack<Half, false>)
                              : (relu ? &execute_pack<Bfloat, true> : &execute_pack<Bfloat, false>);
  return {.execute = execute, .operands = s.values(3)};
}

struct RoundingWord {
  std::string_view word;
  Rounding rounding;
  bool to_integer;
};

constexpr RoundingWord kRoundings[] = {
    {"rni", Rounding::to_nearest, true}, {"rzi", Rounding::toward_zero, true},
    {"rmi", Rounding::down, true},       {"rpi", Rounding::up, true},
    {"rn", Rounding::to_nearest, false}, {"rz", Rounding::toward_zero, false},
};

Decoded decode_cvt(Statement& s) {
  Conversion c;
  for (const RoundingWord& each : kRoundings) {
    if (!s.take(each.word)) continue;
    c.rounding = each.rounding;
    c.to_integer = each.to_integer;
  }
  const bool ties_away = s.take("rna");
  c.flush = s.take("ftz");
  c.saturate = s.take("sat");
  const bool relu = s.take("relu");
  c.to = s.take_type();
  if (c.to == Type::f16x2 || c.to == Type::bf16x2) return decode_pack(s, c.to, relu);
  const Type from = s.take_type();
  if (c.to == Type::tf32 && ties_away && from == Type::f32) {
    return {.execute = &execute_tf32, .operands = s.values(2)};
  }
  const bool cuts = c.rounding == Rounding::toward_zero && !c.to_integer;
  const bool known = c.to <= Type::f64 && c.to != Type::tf32 && !ties_away && !relu &&
                     (!cuts || (c.to == Type::f32 && from == Type::f64));
  return {.execute = known ? execute_from(from) : nullptr,
          .operands = s.values(2),
          .constant = pack(c)};
}

constexpr Opcode kOpcodes[] = {{"cvt", decode_cvt}};

}  // namespace

std::span<const Opcode> conversion_opcodes() { return kOpcodes; }

}  // namespace vitgen::ptx
