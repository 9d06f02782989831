#include "tests/ptx/parse/operand_parser.h"

namespace vitgen::ptx {

namespace {

bool is_number(const Token& token) {
  return token.kind == Token::Kind::number || token.text == "-";
}

Slot parse_value(Lexer& lexer, FunctionBuilder& function) {
  if (is_number(lexer.peek()))
    return function.constant(static_cast<std::uint64_t>(lexer.integer()));
  const std::uint32_t line = lexer.peek().line;
  const std::string_view name = lexer.word();
  const std::optional<Slot> slot = function.find_value(name);
  if (!slot) fail(line, std::string(name) + " is not declared");
  return *slot;
}

/// After the opening brace.
std::vector<Slot> parse_list(Lexer& lexer, FunctionBuilder& function) {
  std::vector<Slot> slots;
  do {
    slots.push_back(parse_value(lexer, function));
  } while (lexer.take(","));
  lexer.expect("}");
  return slots;
}

/// After the opening bracket: a base with an offset, and coordinates of a tensor.
Operand parse_address(Lexer& lexer, FunctionBuilder& function) {
  Operand operand{.kind = Operand::Kind::address};
  const Register* base = function.find_register(lexer.peek().text);
  operand.narrow = base && size_of(base->type) == 4;
  operand.slots = {parse_value(lexer, function)};
  if (lexer.take("+")) {
    operand.offset = lexer.integer();
  } else if (lexer.peek().text == "-") {
    operand.offset = lexer.integer();
  }
  if (lexer.take(",")) {
    lexer.expect("{");
    operand.coordinates = parse_list(lexer, function);
  }
  lexer.expect("]");
  return operand;
}

Operand parse_operand(Lexer& lexer, FunctionBuilder& function) {
  if (lexer.take("[")) return parse_address(lexer, function);
  if (lexer.take("{")) {
    return {.kind = Operand::Kind::vector, .slots = parse_list(lexer, function)};
  }
  if (is_number(lexer.peek())) {
    const std::int64_t number = lexer.integer();
    return {.slots = {function.constant(static_cast<std::uint64_t>(number))}, .number = number};
  }
  Operand operand{.negated = lexer.take("!")};
  const Token first = lexer.peek();
  if (first.kind == Token::Kind::word && !function.find_value(first.text)) {
    lexer.next();
    return {.kind = Operand::Kind::label, .label = std::string(first.text)};
  }
  operand.slots = {parse_value(lexer, function)};
  if (lexer.take("|")) operand.slots.push_back(parse_value(lexer, function));
  return operand;
}

}  // namespace

std::vector<Operand> parse_operands(Lexer& lexer, FunctionBuilder& function) {
  std::vector<Operand> operands;
  if (lexer.take(";")) return operands;
  do {
    operands.push_back(parse_operand(lexer, function));
  } while (lexer.take(","));
  lexer.expect(";");
  return operands;
}

}  // namespace vitgen::ptx
