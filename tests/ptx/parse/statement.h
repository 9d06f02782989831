#pragma once
// One instruction as it is written, and what a decoder makes of it.

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/ptx/parse/program.h"
#include "tests/ptx/parse/types.h"

namespace vitgen::ptx {

struct Operand {
  enum class Kind : std::uint8_t { value, vector, address, label };
  Kind kind = Kind::value;
  std::vector<Slot> slots = {};        ///< one of a value and of an address, two of "p|q"
  bool negated = false;                ///< "!p"
  bool narrow = false;                 ///< an address in a register of 32 bits
  std::int64_t offset = 0;             ///< of an address
  std::vector<Slot> coordinates = {};  ///< of a tensor, in an address
  std::string label = {};
  std::optional<std::int64_t> number = {};  ///< of a value that is a constant
};

/// What an instruction does and to which slots; the parser adds guard and line.
struct Decoded {
  Execute execute = nullptr;
  ExecuteTogether together = nullptr;
  std::vector<Slot> operands = {};
  std::uint32_t count = 1;
  std::int64_t constant = 0;
  std::int64_t constant2 = 0;
  std::uint64_t mask = ~std::uint64_t{0};
  Slot members = kTrue;
  bool takes_sums_in_flight = false;
  std::string label = {};  ///< of a branch
};

class Statement {
 public:
  /// `opcode` with its modifiers, "ld.global.nc.f32".
  Statement(std::string_view opcode, std::vector<Operand> operands, std::uint32_t line);

  std::string_view base() const { return base_; }
  std::uint32_t line() const { return line_; }

  /// Consumes a modifier if it is there.
  bool take(std::string_view modifier);
  /// Consumes that one of the modifiers that is there; empty if none is.
  std::string_view take_one(std::initializer_list<std::string_view> modifiers);
  void take_all(std::initializer_list<std::string_view> modifiers);
  /// Consumes the next modifier, which has to be a type.
  Type take_type();
  std::optional<Type> take_type_if_any();

  std::size_t operand_count() const { return operands_.size(); }
  const Operand& operand(std::size_t index) const;
  /// The slot of an operand that is a register or a constant.
  Slot value(std::size_t index) const;
  /// An operand that is a constant.
  std::int64_t number(std::size_t index) const;
  /// The slots of a value or of a vector of `count`; 0: of any number.
  std::span<const Slot> vector(std::size_t index, std::size_t count = 0) const;
  const Operand& address(std::size_t index) const;
  /// The slots of operands [0, count), which has to be their number, all values.
  std::vector<Slot> values(std::size_t count) const;
  void expect_operands(std::size_t least, std::size_t most) const;

  /// Throws if modifiers are left.
  void finish() const;
  [[noreturn]] void fail(std::string_view reason) const;

 private:
  std::string_view opcode_, base_;
  std::vector<std::string_view> modifiers_;
  std::vector<Operand> operands_;
  std::uint32_t line_;
};

using Decode = Decoded (*)(Statement&);

struct Opcode {
  std::string_view name;
  Decode decode;
};

/// Throws for what is not known.
Decoded decode(Statement& statement);

/// bar.warp.sync, whose "warp" is taken.
Decoded decode_warp_barrier(Statement& statement);

/// cp.async.bulk, of which all that is taken.
Decoded decode_bulk_copy(Statement& statement);

std::span<const Opcode> arithmetic_opcodes();
std::span<const Opcode> carry_opcodes();
std::span<const Opcode> bit_opcodes();
std::span<const Opcode> function_opcodes();
std::span<const Opcode> comparison_opcodes();
std::span<const Opcode> conversion_opcodes();
std::span<const Opcode> move_opcodes();
std::span<const Opcode> memory_opcodes();
std::span<const Opcode> atomic_opcodes();
std::span<const Opcode> control_opcodes();
std::span<const Opcode> warp_opcodes();
std::span<const Opcode> matrix_opcodes();
std::span<const Opcode> warpgroup_opcodes();
std::span<const Opcode> copy_opcodes();
std::span<const Opcode> bulk_opcodes();

}  // namespace vitgen::ptx
