#pragma once
// Addresses and state spaces of instructions that touch memory.

#include "tests/ptx/parse/statement.h"
#include "tests/ptx/run/thread.h"

namespace vitgen::ptx {

/// An address from its slot and the instruction's offset.
inline std::uint64_t address_of(const Instruction& i, const Thread& thread, Slot slot) {
  return (thread.registers[slot] + static_cast<std::uint64_t>(i.constant)) & i.mask;
}

/// The part of a decoded instruction that is the address: its slot as the only operand.
inline Decoded at_address(const Operand& address) {
  return {.operands = {address.slots[0]},
          .constant = address.offset,
          .mask = address.narrow ? 0xffffffffu : ~std::uint64_t{0}};
}

/// Generic if none is there.
inline Space take_space(Statement& s) {
  const std::string_view word =
      s.take_one({"global", "shared", "shared::cta", "local", "param", "const"});
  if (word == "global") return Space::global;
  if (word == "local") return Space::local;
  if (word == "param") return Space::param;
  if (word == "const") return Space::constant;
  return word.empty() ? Space::generic : Space::shared;
}

}  // namespace vitgen::ptx
