// Sums over several registers: add.cc, addc, sub.cc, subc, mad.cc, madc.

#include "tests/ptx/opcodes/integers.h"

namespace vitgen::ptx {

namespace {

enum class Kind : std::uint8_t { sum, difference, low_product, high_product };

// A carry of a difference is a borrow.
template <Kind kind, bool carry_in, bool carry_out, class T>
void execute_carry(const Instruction& i, Thread& thread) {
  const Slot* o = i.operands;
  const T a = thread.get<T>(o[1]);
  const T b = thread.get<T>(o[2]);
  const Uint128 carry = carry_in && thread.carry ? 1 : 0;
  Uint128 wide = 0;
  if constexpr (kind == Kind::sum) wide = Uint128{a} + b + carry;
  if constexpr (kind == Kind::difference) wide = Uint128{a} - b - carry;
  if constexpr (kind == Kind::low_product)
    wide = Uint128{Multiply{}(a, b)} + thread.get<T>(o[3]) + carry;
  if constexpr (kind == Kind::high_product)
    wide = Uint128{high_product(a, b)} + thread.get<T>(o[3]) + carry;
  if (carry_out) thread.carry = (wide >> (8 * sizeof(T)) & 1) != 0;
  thread.set(o[0], static_cast<T>(wide));
}

template <Kind kind, class T>
Execute handler(bool carry_in, bool carry_out) {
  if (carry_in)
    return carry_out ? &execute_carry<kind, true, true, T> : &execute_carry<kind, true, false, T>;
  return carry_out ? &execute_carry<kind, false, true, T> : &execute_carry<kind, false, false, T>;
}

template <Kind kind>
Decoded decode_kind(Statement& s, bool carry_in, bool carry_out) {
  const std::uint32_t size = size_of(s.take_type());
  const Execute execute = size == 4   ? handler<kind, std::uint32_t>(carry_in, carry_out)
                          : size == 8 ? handler<kind, std::uint64_t>(carry_in, carry_out)
                                      : nullptr;
  const bool is_sum = kind == Kind::sum || kind == Kind::difference;
  return {.execute = execute, .operands = s.values(is_sum ? 3 : 4)};
}

Decoded decode_addc(Statement& s) { return decode_kind<Kind::sum>(s, true, s.take("cc")); }
Decoded decode_subc(Statement& s) { return decode_kind<Kind::difference>(s, true, s.take("cc")); }

// Upper halves of signed products differ from those of unsigned ones; nothing here needs them.
Decoded decode_mad_part(Statement& s, std::string_view part, bool carry_in, bool carry_out) {
  if (part == "lo") return decode_kind<Kind::low_product>(s, carry_in, carry_out);
  if (part == "hi" && !s.take("s32") && !s.take("s64")) {
    return decode_kind<Kind::high_product>(s, carry_in, carry_out);
  }
  s.fail("is not known for this type");
}

Decoded decode_madc(Statement& s) {
  const std::string_view part = s.take_one({"lo", "hi"});
  return decode_mad_part(s, part, true, s.take("cc"));
}

constexpr Opcode kOpcodes[] = {{"addc", decode_addc}, {"subc", decode_subc}, {"madc", decode_madc}};

}  // namespace

Decoded decode_carry(Statement& s) {
  return s.base() == "add" ? decode_kind<Kind::sum>(s, false, true)
                           : decode_kind<Kind::difference>(s, false, true);
}

Decoded decode_carry_mad(Statement& s, std::string_view part) {
  return decode_mad_part(s, part, false, true);
}

std::span<const Opcode> carry_opcodes() { return kOpcodes; }

}  // namespace vitgen::ptx
