#pragma once
// A function as it grows: slots for names and constants, instructions, variables.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/ptx/parse/scope.h"
#include "tests/ptx/parse/statement.h"

namespace vitgen::ptx {

using Variables = std::map<std::string, Variable, std::less<>>;

class FunctionBuilder {
 public:
  FunctionBuilder(std::string name, const Variables& module_variables);

  void open_scope() { scopes_.emplace_back(); }
  /// Jumps to labels of no open scope fail when the last scope closes.
  void close_scope();
  void add_parameter(const std::string& name, std::uint64_t size, std::uint64_t alignment);
  void add_register(const std::string& name, Type type);
  void add_variable(const std::string& name, Variable variable);
  void add_label(const std::string& name, std::uint32_t line);
  void set_max_threads(std::uint32_t threads) { function_.max_threads = threads; }
  void set_min_blocks(std::uint32_t blocks) { function_.min_blocks = blocks; }

  const Register* find_register(std::string_view name) const;
  /// A register, special register or the address of a variable; else nothing.
  std::optional<Slot> find_value(std::string_view name);
  Slot constant(std::uint64_t value);

  void add(const Decoded& decoded, Slot guard, bool guard_value, std::uint32_t line);
  /// Ends the function with an exit; it must not be used after.
  Function finish(const Decoded& exit, std::uint32_t line);

 private:
  Slot preset(Preset::Kind kind, std::uint64_t value);
  Slot address_of(const Variable& variable, std::string_view name);
  void place(Variable& variable);

  Function function_;
  const Variables& module_variables_;
  std::vector<Scope> scopes_;
  std::map<std::string, std::uint64_t, std::less<>> module_shared_;  ///< offsets, by name
  std::map<std::pair<Preset::Kind, std::uint64_t>, Slot> presets_;
  std::vector<std::size_t> first_operands_;  ///< of each instruction
};

}  // namespace vitgen::ptx
