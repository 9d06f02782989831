// Directives and statements: PTX ISA, "Syntax" and "State Spaces, Types, and Variables".

#include <algorithm>
#include <cstring>
#include <limits>

#include "tests/ptx/interpreter.h"
#include "tests/ptx/parse/function_builder.h"
#include "tests/ptx/parse/lexer.h"
#include "tests/ptx/parse/operand_parser.h"

namespace vitgen::ptx {

namespace {

class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) {}
  Program parse();

 private:
  void parse_header(std::string_view directive);
  void parse_entry();
  void parse_parameters(FunctionBuilder& function);
  void parse_entry_directive(FunctionBuilder& function);
  void parse_body(FunctionBuilder& function);
  void parse_body_directive(FunctionBuilder& function);
  void parse_registers(FunctionBuilder& function);
  void parse_statement(FunctionBuilder& function);
  std::pair<std::string, Variable> parse_variable(std::string_view space);
  void parse_initial_values(const Variable& variable, std::uint64_t element);
  void skip_line(std::uint32_t line);

  Lexer lexer_;
  Program program_;
  Variables variables_;           ///< of the module
  Type element_type_ = Type::b8;  ///< of the variable that was parsed last
};

bool is_space(std::string_view word) {
  return word == ".global" || word == ".const" || word == ".shared" || word == ".local";
}

Space variable_space(std::string_view word) {
  if (word == ".shared") return Space::shared;
  return word == ".local" ? Space::local : Space::constant;
}

Type declared_type(Lexer& lexer) {
  const std::uint32_t line = lexer.peek().line;
  const std::string_view word = lexer.word();
  const auto type = type_of(word.starts_with('.') ? word.substr(1) : word);
  if (!type) fail(line, "expected a type before '" + std::string(word) + "'");
  return *type;
}

void Parser::skip_line(std::uint32_t line) {
  while (lexer_.peek().kind != Token::Kind::end && lexer_.peek().line == line) lexer_.next();
}

Program Parser::parse() {
  while (lexer_.peek().kind != Token::Kind::end) {
    const std::uint32_t line = lexer_.peek().line;
    const std::string_view word = lexer_.word();
    if (word == ".version" || word == ".target" || word == ".address_size" || word == ".file") {
      skip_line(line);
    } else if (word == ".entry") {
      parse_entry();
    } else if (is_space(word)) {
      const auto [name, variable] = parse_variable(word);
      if (!variables_.emplace(name, variable).second) fail(line, "a second variable " + name);
    } else if (word != ".visible" && word != ".extern" && word != ".weak") {
      fail(line, "unknown directive " + std::string(word));
    }
  }
  return std::move(program_);
}

void Parser::parse_entry() {
  const std::uint32_t line = lexer_.peek().line;
  const std::string name(lexer_.word());
  FunctionBuilder function(name, variables_);
  if (lexer_.take("(") && !lexer_.take(")")) parse_parameters(function);
  while (lexer_.peek().text != "{") parse_entry_directive(function);
  parse_body(function);
  Statement exit("exit", {}, line);
  const auto [place, is_new] =
      program_.entries.emplace(name, function.finish(decode(exit), lexer_.peek().line));
  if (!is_new) fail(line, "a second entry " + name);
}

// .param .u64 .ptr .global .align 4 name, or .param .align 8 .b8 name[24]
void Parser::parse_parameters(FunctionBuilder& function) {
  do {
    lexer_.expect(".param");
    std::uint64_t alignment = 0;
    if (lexer_.take(".align")) alignment = static_cast<std::uint64_t>(lexer_.integer());
    const std::uint64_t element = size_of(declared_type(lexer_));
    if (lexer_.take(".ptr")) {
      if (is_space(lexer_.peek().text)) lexer_.next();
      if (lexer_.take(".align")) lexer_.integer();
    }
    const std::string name(lexer_.word());
    std::uint64_t count = 1;
    if (lexer_.take("[")) {
      count = static_cast<std::uint64_t>(lexer_.integer());
      lexer_.expect("]");
    }
    function.add_parameter(name, element * count, std::max(element, alignment));
  } while (lexer_.take(","));
  lexer_.expect(")");
}

void Parser::parse_entry_directive(FunctionBuilder& function) {
  const std::uint32_t line = lexer_.peek().line;
  const std::string_view word = lexer_.word();
  const bool is_threads = word == ".maxntid" || word == ".reqntid";
  if (!is_threads && word != ".minnctapersm" && word != ".maxnreg") {
    fail(line, "unknown directive " + std::string(word));
  }
  std::int64_t product = lexer_.integer();
  while (lexer_.take(",")) product *= lexer_.integer();
  if (is_threads) function.set_max_threads(static_cast<std::uint32_t>(product));
  if (word == ".minnctapersm") function.set_min_blocks(static_cast<std::uint32_t>(product));
}

void Parser::parse_body(FunctionBuilder& function) {
  lexer_.expect("{");
  int depth = 1;
  while (depth > 0) {
    const Token& token = lexer_.peek();
    if (token.text == "{") {
      lexer_.next();
      function.open_scope();
      ++depth;
    } else if (token.text == "}") {
      lexer_.next();
      if (--depth > 0) function.close_scope();
    } else if (token.text == ";") {
      lexer_.next();
    } else if (token.text.starts_with('.')) {
      parse_body_directive(function);
    } else {
      parse_statement(function);
    }
  }
}

void Parser::parse_body_directive(FunctionBuilder& function) {
  const std::uint32_t line = lexer_.peek().line;
  const std::string_view word = lexer_.word();
  if (word == ".reg") {
    parse_registers(function);
  } else if (word == ".loc") {
    skip_line(line);
  } else if (word == ".pragma") {
    lexer_.next();
    lexer_.expect(";");
  } else if (is_space(word)) {
    auto [name, variable] = parse_variable(word);
    function.add_variable(name, variable);
  } else {
    fail(line, "unknown directive " + std::string(word));
  }
}

// .reg .b32 %r<12>, %a;
void Parser::parse_registers(FunctionBuilder& function) {
  const Type type = declared_type(lexer_);
  do {
    const std::string name(lexer_.word());
    if (lexer_.take("<")) {
      const std::int64_t count = lexer_.integer();
      lexer_.expect(">");
      for (std::int64_t i = 0; i < count; ++i)
        function.add_register(name + std::to_string(i), type);
    } else {
      function.add_register(name, type);
    }
  } while (lexer_.take(","));
  lexer_.expect(";");
}

// What follows the state space: alignment, type, name, extents, initial values.
std::pair<std::string, Variable> Parser::parse_variable(std::string_view space) {
  const std::uint32_t line = lexer_.peek().line;
  Variable variable{.space = variable_space(space)};
  std::uint64_t alignment = 1;
  if (lexer_.take(".align")) alignment = static_cast<std::uint64_t>(lexer_.integer());
  element_type_ = declared_type(lexer_);
  const std::uint64_t element = size_of(element_type_);
  const std::string name(lexer_.word());
  variable.alignment = std::max(alignment, element);
  variable.size = element;
  while (lexer_.take("[")) {
    variable.dynamic = lexer_.peek().text == "]";
    if (!variable.dynamic) variable.size *= static_cast<std::uint64_t>(lexer_.integer());
    lexer_.expect("]");
  }
  if (variable.dynamic && variable.space != Space::shared) {
    fail(line, "an array without a size outside of shared memory");
  }
  if (variable.space == Space::constant) {
    variable.offset = round_up(program_.constants.size(), variable.alignment);
    program_.constants.resize(variable.offset + variable.size);
  }
  if (lexer_.take("=")) parse_initial_values(variable, element);
  lexer_.expect(";");
  return {name, variable};
}

void Parser::parse_initial_values(const Variable& variable, std::uint64_t element) {
  const std::uint32_t line = lexer_.peek().line;
  if (variable.space != Space::constant) fail(line, "only .global and .const have initial values");
  const bool is_list = lexer_.take("{");
  std::uint64_t offset = variable.offset;
  do {
    const auto value = static_cast<std::uint64_t>(lexer_.integer());
    if (offset + element > variable.offset + variable.size) fail(line, "too many initial values");
    std::memcpy(program_.constants.data() + offset, &value, element);
    offset += element;
  } while (is_list && lexer_.take(","));
  if (is_list) lexer_.expect("}");
}

void Parser::parse_statement(FunctionBuilder& function) {
  Slot guard = kTrue;
  bool guard_value = true;
  const std::uint32_t line = lexer_.peek().line;
  if (lexer_.take("@")) {
    guard_value = !lexer_.take("!");
    const std::string_view name = lexer_.word();
    const Register* predicate = function.find_register(name);
    if (!predicate || predicate->type != Type::pred) {
      fail(line, std::string(name) + " is no predicate");
    }
    guard = predicate->slot;
  }
  const std::string_view word = lexer_.word();
  if (lexer_.take(":")) return function.add_label(std::string(word), line);
  Statement statement(word, parse_operands(lexer_, function), line);
  function.add(decode(statement), guard, guard_value, line);
}

}  // namespace

Module parse(std::string_view text) {
  return Module(std::make_shared<const Program>(Parser(text).parse()));
}

std::vector<EntryFacts> entries(const Module& module) {
  std::vector<EntryFacts> facts;
  for (const auto& [name, function] : module.program().entries) {
    EntryFacts each{
        .name = name, .shared_bytes = function.shared_bytes, .instructions = function.code.size()};
    for (const Parameter& parameter : function.parameters) {
      each.parameter_bytes.push_back(parameter.size);
    }
    facts.push_back(std::move(each));
  }
  return facts;
}

}  // namespace vitgen::ptx
