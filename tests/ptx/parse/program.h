#pragma once
// A decoded module. Every operand of an instruction is a slot of its thread's registers: constants,
// special registers and the addresses of variables have slots as well, filled when a thread begins.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace vitgen::ptx {

struct Thread;
struct Warp;
struct Instruction;

using Slot = std::uint32_t;
/// Of every function: always 1, the guard of an instruction without one.
inline constexpr Slot kTrue = 0;
/// Of every function: what "_" is written to.
inline constexpr Slot kSink = 1;
/// Of every function: always 0.
inline constexpr Slot kZero = 2;
inline constexpr Slot kFirstFree = 3;

using Execute = void (*)(const Instruction&, Thread&);
/// For all lanes in `lanes` at once: a bit a lane, all of them at this instruction.
using ExecuteTogether = void (*)(const Instruction&, Warp&, std::uint32_t lanes);

struct Instruction {
  Execute execute = nullptr;           ///< or
  ExecuteTogether together = nullptr;  ///< by lanes that wait for each other here
  const Slot* operands = nullptr;      ///< destinations first
  Slot guard = kTrue;
  bool guard_value = true;  ///< executed if the guard is this
  std::uint32_t line = 0;
  std::uint32_t count = 1;     ///< of vector elements
  std::int64_t constant = 0;   ///< offset of an address, target of a branch, ...
  std::int64_t constant2 = 0;  ///< offset of a second address
  /// Bits of an address that count: all, or 32 where a register of 32 bits holds it.
  std::uint64_t mask = ~std::uint64_t{0};
  /// Slot of the mask of lanes that take part; kTrue: all that have not ended.
  Slot members = kTrue;
  std::uint32_t operand_count = 0;
  bool takes_sums_in_flight = false;  ///< of a product that is not waited for: the next product
};

enum class Space : std::uint8_t { generic, global, shared, local, param, constant };

/// Generic addresses of the other spaces begin here; below is global memory (Memory::kEnd).
inline constexpr std::uint64_t kSpaceBytes = std::uint64_t{1} << 60;
constexpr std::uint64_t window(Space space) {
  return space == Space::global ? 0 : static_cast<std::uint64_t>(space) * kSpaceBytes;
}

enum class Special : std::uint8_t {
  tid_x,
  tid_y,
  tid_z,
  ntid_x,
  ntid_y,
  ntid_z,
  ctaid_x,
  ctaid_y,
  ctaid_z,
  nctaid_x,
  nctaid_y,
  nctaid_z,
  laneid,
  warpid,
  nwarpid,
  lanemask_eq,
  lanemask_lt,
  lanemask_le,
  lanemask_gt,
  lanemask_ge,
};

/// A slot that is filled when a thread begins.
struct Preset {
  enum class Kind : std::uint8_t { value, special, dynamic_shared };
  Kind kind = Kind::value;
  Slot slot = 0;
  std::uint64_t value = 0;  ///< or a Special
};

struct Parameter {
  std::string name;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

struct Function {
  std::string name;
  std::vector<Parameter> parameters;
  std::uint64_t parameter_bytes = 0;
  std::uint64_t local_bytes = 0;
  std::uint64_t shared_bytes = 0;      ///< static, of the module and the function
  std::uint64_t shared_alignment = 1;  ///< of dynamic shared memory
  std::uint32_t max_threads = 0;       ///< of a block; 0: not said
  Slot slots = kFirstFree;
  std::vector<Preset> presets;
  std::vector<Instruction> code;
  std::vector<Slot> operands;  ///< what the instructions point into
};

struct Program {
  std::map<std::string, Function, std::less<>> entries;
  std::vector<std::byte>
      constants;  ///< variables of .const and .global, in the window of constants
};

}  // namespace vitgen::ptx
