#pragma once
// Names of a function while it is parsed: registers, variables, labels, in nested scopes.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/ptx/parse/program.h"
#include "tests/ptx/parse/types.h"

namespace vitgen::ptx {

struct Register {
  Slot slot = 0;
  Type type = Type::b32;
};

struct Variable {
  Space space = Space::constant;
  std::uint64_t offset = 0;  ///< in its space; of shared memory of a module not yet known
  std::uint64_t size = 0;
  std::uint64_t alignment = 1;
  bool dynamic = false;  ///< an array without a size: shared memory that the launch adds
};

/// A branch to a label that was not seen yet.
struct Jump {
  std::string label;
  std::size_t instruction = 0;
  std::uint32_t line = 0;
};

struct Scope {
  std::map<std::string, Register, std::less<>> registers;
  std::map<std::string, Variable, std::less<>> variables;
  std::map<std::string, std::size_t, std::less<>> labels;
  std::vector<Jump> jumps;
};

/// The special register of this name, "%tid.x", or null.
const Special* special_register(std::string_view name);

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

}  // namespace vitgen::ptx
