// setp, set, selp, slct.

#include "tests/ptx/opcodes/floats.h"
#include "tests/ptx/opcodes/integers.h"

namespace vitgen::ptx {

namespace {

enum class Order : std::uint8_t { eq, ne, lt, le, gt, ge, equ, neu, ltu, leu, gtu, geu, num, nan };

constexpr std::string_view kNames[] = {"eq",  "ne",  "lt",  "le",  "gt",  "ge",  "equ",
                                       "neu", "ltu", "leu", "gtu", "geu", "num", "nan"};

/// What the instruction keeps in `constant`.
struct Comparison {
  Order order = Order::eq;
  bool flush = false;
  char combine = 0;     ///< with the predicate in the last operand: '&', '|', '^'; 0: none
  bool negate = false;  ///< that predicate
};

// Ordered comparisons of a NaN are false, unordered ones true; `ne` is ordered.
template <class T>
bool holds(Order order, T a, T b) {
  bool unordered = false;
  if constexpr (std::is_floating_point_v<T>) unordered = std::isnan(a) || std::isnan(b);
  switch (order) {
    case Order::eq:
      return a == b;
    case Order::ne:
      return !unordered && a != b;
    case Order::lt:
      return a < b;
    case Order::le:
      return a <= b;
    case Order::gt:
      return a > b;
    case Order::ge:
      return a >= b;
    case Order::equ:
      return unordered || a == b;
    case Order::neu:
      return unordered || a != b;
    case Order::ltu:
      return unordered || a < b;
    case Order::leu:
      return unordered || a <= b;
    case Order::gtu:
      return unordered || a > b;
    case Order::geu:
      return unordered || a >= b;
    case Order::num:
      return !unordered;
    case Order::nan:
      return unordered;
  }
  return false;
}

std::int64_t pack(const Comparison& c) {
  return static_cast<std::int64_t>(c.order) | (c.flush ? 1 << 8 : 0) | (c.negate ? 1 << 9 : 0) |
         c.combine << 16;
}

Comparison unpack(std::int64_t bits) {
  return {static_cast<Order>(bits & 0xff), (bits >> 8 & 1) != 0, static_cast<char>(bits >> 16),
          (bits >> 9 & 1) != 0};
}

bool combined(char how, bool a, bool b) {
  if (how == '&') return a && b;
  if (how == '|') return a || b;
  return how == '^' ? a != b : a;
}

template <class T>
auto operand_value(const Thread& thread, Slot slot, bool flush) {
  if constexpr (std::is_same_v<T, float>) {
    const float x = thread.get<float>(slot);
    return flush ? flushed(x) : x;
  } else if constexpr (std::is_class_v<T>) {
    return to_float(thread.get<T>(slot));
  } else {
    return thread.get<T>(slot);
  }
}

// Operands: p, q, a, b, c. q is what the opposite comparison gives.
template <class T>
void execute_setp(const Instruction& i, Thread& thread) {
  const Comparison c = unpack(i.constant);
  const Slot* o = i.operands;
  const bool result = holds(c.order, operand_value<T>(thread, o[2], c.flush),
                            operand_value<T>(thread, o[3], c.flush));
  const bool other = (thread.get<std::uint64_t>(o[4]) != 0) != c.negate;
  thread.set(o[0], combined(c.combine, result, other));
  thread.set(o[1], combined(c.combine, !result, other));
}

// All ones, or 1.0f where the result is an f32.
template <class T, bool is_float>
void execute_set(const Instruction& i, Thread& thread) {
  const Comparison c = unpack(i.constant);
  const bool result = holds(c.order, operand_value<T>(thread, i.operands[1], c.flush),
                            operand_value<T>(thread, i.operands[2], c.flush));
  const std::uint32_t yes = is_float ? std::bit_cast<std::uint32_t>(1.0f) : ~0u;
  thread.set(i.operands[0], result ? yes : 0u);
}

template <template <class> class Handler>
Execute typed(Type type) {
  switch (type) {
    case Type::f16:
      return Handler<Half>::execute;
    case Type::bf16:
      return Handler<Bfloat>::execute;
    case Type::f32:
      return Handler<float>::execute;
    case Type::f64:
      return Handler<double>::execute;
    default:
      return with_integer(type, []<class T>() -> Execute { return Handler<T>::execute; });
  }
}

template <class T>
struct Setp {
  static constexpr Execute execute = &execute_setp<T>;
};
template <class T>
struct SetBits {
  static constexpr Execute execute = &execute_set<T, false>;
};
template <class T>
struct SetFloat {
  static constexpr Execute execute = &execute_set<T, true>;
};

/// The words lo, ls, hi, hs are lt, le, gt, ge of unsigned numbers.
Order take_order(Statement& s) {
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    if (s.take(kNames[i])) return static_cast<Order>(i);
  }
  const std::string_view word = s.take_one({"lo", "ls", "hi", "hs"});
  if (word.empty()) s.fail("lacks a comparison");
  if (word == "lo") return Order::lt;
  if (word == "ls") return Order::le;
  return word == "hi" ? Order::gt : Order::ge;
}

Decoded decode_setp(Statement& s) {
  Comparison c{.order = take_order(s)};
  const std::string_view combine = s.take_one({"and", "or", "xor"});
  if (!combine.empty()) c.combine = combine == "and" ? '&' : combine == "or" ? '|' : '^';
  c.flush = s.take("ftz");
  const Type type = s.take_type();
  const std::size_t operands = c.combine != 0 ? 4 : 3;
  s.expect_operands(operands, operands);
  const Operand& results = s.operand(0);
  if (results.kind != Operand::Kind::value) s.fail("lacks a predicate to set");
  Slot other = kTrue;
  if (c.combine != 0) {
    if (s.operand(3).slots.size() != 1) s.fail("lacks a predicate to combine");
    other = s.operand(3).slots[0];
    c.negate = s.operand(3).negated;
  }
  return {.execute = typed<Setp>(type),
          .operands = {results.slots[0], results.slots.size() == 2 ? results.slots[1] : kSink,
                       s.value(1), s.value(2), other},
          .constant = pack(c)};
}

Decoded decode_set(Statement& s) {
  Comparison c{.order = take_order(s)};
  c.flush = s.take("ftz");
  const Type result = s.take_type();
  const Type type = s.take_type();
  if (size_of(result) != 4) s.fail("is not known for this type");
  return {.execute = result == Type::f32 ? typed<SetFloat>(type) : typed<SetBits>(type),
          .operands = s.values(3),
          .constant = pack(c)};
}

void execute_selp(const Instruction& i, Thread& thread) {
  const bool first = thread.registers[i.operands[3]] != 0;
  thread.registers[i.operands[0]] = thread.registers[i.operands[first ? 1 : 2]];
}

Decoded decode_selp(Statement& s) {
  s.take_type();
  return {.execute = &execute_selp, .operands = s.values(4)};
}

template <class T>
void execute_slct(const Instruction& i, Thread& thread) {
  const bool first = thread.get<T>(i.operands[3]) >= 0;
  thread.registers[i.operands[0]] = thread.registers[i.operands[first ? 1 : 2]];
}

Decoded decode_slct(Statement& s) {
  s.take_type();
  const Type type = s.take_type();
  return {.execute = type == Type::s32   ? &execute_slct<std::int32_t>
                     : type == Type::f32 ? &execute_slct<float>
                                         : nullptr,
          .operands = s.values(4)};
}

constexpr Opcode kOpcodes[] = {
    {"setp", decode_setp}, {"set", decode_set}, {"selp", decode_selp}, {"slct", decode_slct}};

}  // namespace

std::span<const Opcode> comparison_opcodes() { return kOpcodes; }

}  // namespace vitgen::ptx
