#pragma once
// The identity of a kernel and of the memory it touches. Value types with a text form; no Halide,
// no target.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "generators/base/visit.h"

namespace vitgen {

/// Element type of a tensor in memory.
enum class DType : std::uint8_t { f32, u8, i32, bf16, f16 };
inline std::vector<std::string_view> enum_names(DType) {
  return {"f32", "u8", "i32", "bf16", "f16"};
}
constexpr std::int64_t byte_size(DType dtype) {
  switch (dtype) {
    case DType::u8:
      return 1;
    case DType::bf16:
    case DType::f16:
      return 2;
    case DType::f32:
    case DType::i32:
      break;
  }
  return 4;
}

/// An operation with all of its shapes and choices: "linear(rows=197,k=768,...)".
///
/// Not a variant over all ops: an op's own file turns it into its typed spec and back.
struct OpSpec {
  std::string op;
  Fields fields;

  std::string text() const { return op + "(" + fields.text() + ")"; }
  /// Inverse of text(); throws FIELDS_SYNTAX.
  static OpSpec parse(std::string_view text);
  bool operator==(const OpSpec&) const = default;
};

/// Spec is an op's typed spec: it has `static constexpr std::string_view op` and `visit`.
template <class Spec>
OpSpec op_spec(const Spec& spec) {
  return {std::string(Spec::op), to_fields(spec)};
}

/// Whether every extent, and with it every size that is computed from them in `int`, is in range.
constexpr bool are_extents(std::initializer_list<std::int64_t> extents) {
  for (const std::int64_t extent : extents) {
    if (extent < 1 || extent > (std::int64_t{1} << 30)) return false;
  }
  return true;
}

/// Throws FIELDS_SYNTAX as from_fields does, and SPEC_RANGE (bad_input) where `valid` says no: a
/// spec may come from a manifest that somebody else wrote.
template <class Spec>
Spec typed_spec(const OpSpec& spec) {
  const Spec typed = from_fields<Spec>(spec.fields);
  if (!typed.valid()) {
    throw Error(ExitCode::bad_input, "SPEC_RANGE",
                "the sizes of this kernel are out of range: " + printable(spec.text(), 300));
  }
  return typed;
}

enum class Role : std::uint8_t { input, weight, output };

/// One argument of an op, in the order of its kernel's arguments. Dense; extents are innermost
/// first, so a row-major [rows][k] matrix has extents {k, rows}.
struct Operand {
  std::string name;
  Role role = Role::input;
  DType dtype = DType::f32;
  std::vector<int> extents;

  std::int64_t elements() const;
  std::int64_t bytes() const { return elements() * byte_size(dtype); }
  bool operator==(const Operand&) const = default;
};

/// The place of an op's first output: outputs are its last operands.
std::size_t first_output(const std::vector<Operand>& operands);

}  // namespace vitgen
