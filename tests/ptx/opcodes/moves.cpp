// mov, also of vectors to one register and back; generic addresses.

#include <cstring>

#include "tests/ptx/parse/statement.h"
#include "tests/ptx/run/thread.h"

namespace vitgen::ptx {

namespace {

void execute_mov(const Instruction& i, Thread& thread) {
  thread.registers[i.operands[0]] = thread.registers[i.operands[1]];
}

// A constant predicate is true if it is not 0.
void execute_mov_predicate(const Instruction& i, Thread& thread) {
  thread.set(i.operands[0], std::uint64_t{thread.registers[i.operands[1]] != 0});
}

// mov.b64 d, {a, b}: a in the lowest bits. `constant` is the size of an element.
void execute_gather(const Instruction& i, Thread& thread) {
  std::uint64_t whole = 0;
  const auto bits = static_cast<std::uint32_t>(8 * i.constant);
  const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
  for (std::uint32_t k = 0; k < i.count; ++k) {
    whole |= (thread.registers[i.operands[1 + k]] & mask) << (k * bits);
  }
  thread.registers[i.operands[0]] = whole;
}

void execute_scatter(const Instruction& i, Thread& thread) {
  const std::uint64_t whole = thread.registers[i.operands[i.count]];
  const auto bits = static_cast<std::uint32_t>(8 * i.constant);
  for (std::uint32_t k = 0; k < i.count; ++k) {
    thread.registers[i.operands[k]] = whole >> (k * bits) & ((std::uint64_t{1} << bits) - 1);
  }
}

Decoded decode_mov(Statement& s) {
  const Type type = s.take_type();
  s.expect_operands(2, 2);
  const auto to = s.vector(0), from = s.vector(1);
  Decoded decoded{.operands = {to.begin(), to.end()}};
  decoded.operands.insert(decoded.operands.end(), from.begin(), from.end());
  const std::size_t parts = std::max(to.size(), from.size());
  decoded.count = static_cast<std::uint32_t>(parts);
  if (parts == 1) {
    decoded.execute = type == Type::pred ? &execute_mov_predicate : &execute_mov;
  } else if (parts <= size_of(type) && (to.size() == 1 || from.size() == 1)) {
    decoded.execute = to.size() == 1 ? &execute_gather : &execute_scatter;
    decoded.constant = static_cast<std::int64_t>(size_of(type) / parts);
  }
  return decoded;
}

struct SpaceWord {
  std::string_view word;
  Space space;
};

// Variables of .const have generic addresses already, as those of .global.
constexpr SpaceWord kSpaces[] = {{"global", Space::global},      {"shared", Space::shared},
                                 {"shared::cta", Space::shared}, {"local", Space::local},
                                 {"param", Space::param},        {"const", Space::global}};

Space take_space(Statement& s) {
  for (const SpaceWord& each : kSpaces) {
    if (s.take(each.word)) return each.space;
  }
  s.fail("lacks a state space");
}

void execute_to_generic(const Instruction& i, Thread& thread) {
  thread.registers[i.operands[0]] =
      thread.registers[i.operands[1]] + static_cast<std::uint64_t>(i.constant);
}

// The other way an address that lies elsewhere is an error at once.
void execute_to_space(const Instruction& i, Thread& thread) {
  const std::uint64_t address = thread.registers[i.operands[1]];
  const auto base = static_cast<std::uint64_t>(i.constant);
  if (base != 0 && (address < base || address - base >= kSpaceBytes)) {
    throw Fault("cvta.to: the address lies in another state space");
  }
  thread.registers[i.operands[0]] = address - base;
}

Decoded decode_cvta(Statement& s) {
  const bool to_space = s.take("to");
  const Space space = take_space(s);
  s.take_type();
  return {.execute = to_space ? &execute_to_space : &execute_to_generic,
          .operands = s.values(2),
          .constant = static_cast<std::int64_t>(window(space))};
}

void execute_isspacep(const Instruction& i, Thread& thread) {
  const std::uint64_t address = thread.registers[i.operands[1]];
  thread.set(i.operands[0],
             address / kSpaceBytes == static_cast<std::uint64_t>(i.constant) / kSpaceBytes);
}

Decoded decode_isspacep(Statement& s) {
  const Space space = take_space(s);
  return {.execute = &execute_isspacep,
          .operands = s.values(2),
          .constant = static_cast<std::int64_t>(window(space))};
}

constexpr Opcode kOpcodes[] = {
    {"mov", decode_mov}, {"cvta", decode_cvta}, {"isspacep", decode_isspacep}};

}  // namespace

std::span<const Opcode> move_opcodes() { return kOpcodes; }

}  // namespace vitgen::ptx
