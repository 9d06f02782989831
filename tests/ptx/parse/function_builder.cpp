#include "tests/ptx/parse/function_builder.h"

#include <algorithm>
#include <ranges>

#include "tests/ptx/parse/lexer.h"

namespace vitgen::ptx {

FunctionBuilder::FunctionBuilder(std::string name, const Variables& module_variables)
    : module_variables_(module_variables) {
  function_.name = std::move(name);
  function_.presets = {{Preset::Kind::value, kTrue, 1}, {Preset::Kind::value, kZero, 0}};
  open_scope();
}

void FunctionBuilder::add_parameter(const std::string& name, std::uint64_t size,
                                    std::uint64_t alignment) {
  const std::uint64_t offset = round_up(function_.parameter_bytes, alignment);
  function_.parameters.push_back({name, offset, size});
  function_.parameter_bytes = offset + size;
  scopes_.back().variables[name] = {Space::param, offset, size, alignment, false};
}

void FunctionBuilder::add_register(const std::string& name, Type type) {
  scopes_.back().registers[name] = {function_.slots++, type};
}

void FunctionBuilder::place(Variable& variable) {
  if (variable.dynamic) {
    function_.shared_alignment = std::max(function_.shared_alignment, variable.alignment);
    return;
  }
  std::uint64_t& bytes =
      variable.space == Space::shared ? function_.shared_bytes : function_.local_bytes;
  variable.offset = round_up(bytes, variable.alignment);
  bytes = variable.offset + variable.size;
}

void FunctionBuilder::add_variable(const std::string& name, Variable variable) {
  if (variable.space == Space::shared || variable.space == Space::local) place(variable);
  scopes_.back().variables[name] = variable;
}

void FunctionBuilder::add_label(const std::string& name, std::uint32_t line) {
  if (!scopes_.back().labels.emplace(name, function_.code.size()).second) {
    fail(line, "a second label " + name);
  }
}

void FunctionBuilder::close_scope() {
  Scope closed = std::move(scopes_.back());
  scopes_.pop_back();
  for (Jump& jump : closed.jumps) {
    const auto label = closed.labels.find(jump.label);
    if (label != closed.labels.end()) {
      function_.code[jump.instruction].constant = static_cast<std::int64_t>(label->second);
    } else if (!scopes_.empty()) {
      scopes_.back().jumps.push_back(std::move(jump));
    } else {
      fail(jump.line, jump.label + " is not declared");
    }
  }
}

const Register* FunctionBuilder::find_register(std::string_view name) const {
  for (const Scope& scope : scopes_ | std::views::reverse) {
    const auto found = scope.registers.find(name);
    if (found != scope.registers.end()) return &found->second;
  }
  return nullptr;
}

Slot FunctionBuilder::preset(Preset::Kind kind, std::uint64_t value) {
  const auto [place, is_new] = presets_.try_emplace({kind, value}, function_.slots);
  if (is_new) function_.presets.push_back({kind, function_.slots++, value});
  return place->second;
}

Slot FunctionBuilder::constant(std::uint64_t value) { return preset(Preset::Kind::value, value); }

// Shared memory of a module belongs to the functions that name it.
Slot FunctionBuilder::address_of(const Variable& variable, std::string_view name) {
  if (variable.dynamic) return preset(Preset::Kind::dynamic_shared, 0);
  std::uint64_t offset = variable.offset;
  if (variable.space == Space::shared) {
    const auto known = module_shared_.find(name);
    if (known != module_shared_.end()) offset = known->second;
  }
  return constant(offset + (variable.space == Space::constant ? window(Space::constant) : 0));
}

std::optional<Slot> FunctionBuilder::find_value(std::string_view name) {
  if (name == "_") return kSink;
  if (const Register* found = find_register(name)) return found->slot;
  if (const Special* special = special_register(name)) {
    return preset(Preset::Kind::special, static_cast<std::uint64_t>(*special));
  }
  for (const Scope& scope : scopes_ | std::views::reverse) {
    const auto found = scope.variables.find(name);
    if (found != scope.variables.end()) return address_of(found->second, "");
  }
  const auto found = module_variables_.find(name);
  if (found == module_variables_.end()) return std::nullopt;
  Variable variable = found->second;
  if (variable.space == Space::shared && !module_shared_.contains(name)) {
    place(variable);
    module_shared_[std::string(name)] = variable.offset;
  }
  return address_of(variable, name);
}

void FunctionBuilder::add(const Decoded& decoded, Slot guard, bool guard_value,
                          std::uint32_t line) {
  if (!decoded.label.empty()) {
    scopes_.back().jumps.push_back({decoded.label, function_.code.size(), line});
  }
  first_operands_.push_back(function_.operands.size());
  function_.operands.insert(function_.operands.end(), decoded.operands.begin(),
                            decoded.operands.end());
  function_.code.push_back({.execute = decoded.execute,
                            .together = decoded.together,
                            .guard = guard,
                            .guard_value = guard_value,
                            .line = line,
                            .count = decoded.count,
                            .constant = decoded.constant,
                            .constant2 = decoded.constant2,
                            .mask = decoded.mask,
                            .members = decoded.members,
                            .operand_count = static_cast<std::uint32_t>(decoded.operands.size()),
                            .takes_sums_in_flight = decoded.takes_sums_in_flight});
}

Function FunctionBuilder::finish(const Decoded& exit, std::uint32_t line) {
  add(exit, kTrue, true, line);
  while (!scopes_.empty()) close_scope();
  for (std::size_t i = 0; i < function_.code.size(); ++i) {
    function_.code[i].operands = function_.operands.data() + first_operands_[i];
  }
  return std::move(function_);
}

}  // namespace vitgen::ptx
