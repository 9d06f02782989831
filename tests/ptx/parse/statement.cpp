#include "tests/ptx/parse/statement.h"

#include <algorithm>

#include "tests/ptx/parse/lexer.h"

namespace vitgen::ptx {

Statement::Statement(std::string_view opcode, std::vector<Operand> operands, std::uint32_t line)
    : opcode_(opcode), operands_(std::move(operands)), line_(line) {
  std::size_t dot = opcode.find('.');
  base_ = opcode.substr(0, dot);
  while (dot != opcode.npos) {
    const std::size_t next = opcode.find('.', dot + 1);
    modifiers_.push_back(opcode.substr(dot + 1, next - dot - 1));
    dot = next;
  }
}

bool Statement::take(std::string_view modifier) {
  const auto found = std::ranges::find(modifiers_, modifier);
  if (found == modifiers_.end()) return false;
  modifiers_.erase(found);
  return true;
}

std::string_view Statement::take_one(std::initializer_list<std::string_view> modifiers) {
  for (const std::string_view each : modifiers) {
    if (take(each)) return each;
  }
  return {};
}

void Statement::take_all(std::initializer_list<std::string_view> modifiers) {
  for (const std::string_view each : modifiers) take(each);
}

std::optional<Type> Statement::take_type_if_any() {
  if (modifiers_.empty()) return std::nullopt;
  const std::optional<Type> type = type_of(modifiers_.front());
  if (type) modifiers_.erase(modifiers_.begin());
  return type;
}

Type Statement::take_type() {
  const std::optional<Type> type = take_type_if_any();
  if (!type) fail("lacks a type where one is expected");
  return *type;
}

const Operand& Statement::operand(std::size_t index) const {
  if (index >= operands_.size()) fail("has too few operands");
  return operands_[index];
}

Slot Statement::value(std::size_t index) const {
  const Operand& each = operand(index);
  if (each.kind != Operand::Kind::value || each.slots.size() != 1 || each.negated) {
    fail("has an operand of another kind than expected");
  }
  return each.slots[0];
}

std::int64_t Statement::number(std::size_t index) const {
  const Operand& each = operand(index);
  if (!each.number) fail("lacks a constant where one is expected");
  return *each.number;
}

std::span<const Slot> Statement::vector(std::size_t index, std::size_t count) const {
  const Operand& each = operand(index);
  const bool is_value = each.kind == Operand::Kind::value && !each.negated;
  if ((each.kind != Operand::Kind::vector && !is_value) ||
      (count != 0 && each.slots.size() != count)) {
    fail("has a vector of another size than expected");
  }
  return each.slots;
}

const Operand& Statement::address(std::size_t index) const {
  const Operand& each = operand(index);
  if (each.kind != Operand::Kind::address) fail("lacks an address where one is expected");
  return each;
}

std::vector<Slot> Statement::values(std::size_t count) const {
  expect_operands(count, count);
  std::vector<Slot> slots;
  for (std::size_t i = 0; i < count; ++i) slots.push_back(value(i));
  return slots;
}

void Statement::expect_operands(std::size_t least, std::size_t most) const {
  if (operands_.size() < least || operands_.size() > most) {
    fail("has " + std::to_string(operands_.size()) + " operands");
  }
}

void Statement::finish() const {
  if (!modifiers_.empty())
    fail("has the modifier ." + std::string(modifiers_.front()) + ", unknown here");
}

void Statement::fail(std::string_view reason) const {
  ptx::fail(line_, std::string(opcode_) + " " + std::string(reason));
}

Decoded decode(Statement& statement) {
  for (const auto& opcodes :
       {arithmetic_opcodes(), carry_opcodes(), bit_opcodes(), function_opcodes(),
        comparison_opcodes(), conversion_opcodes(), move_opcodes(), memory_opcodes(),
        atomic_opcodes(), control_opcodes(), warp_opcodes(), matrix_opcodes(), warpgroup_opcodes(),
        copy_opcodes(), bulk_opcodes()}) {
    const auto found = std::ranges::find(opcodes, statement.base(), &Opcode::name);
    if (found == opcodes.end()) continue;
    Decoded decoded = found->decode(statement);
    statement.finish();
    if (!decoded.execute && !decoded.together) statement.fail("is not known for this type");
    return decoded;
  }
  statement.fail("is not known");
}

}  // namespace vitgen::ptx
