// atom and red. Blocks and threads run one after another, so each is one step by itself.

#include <algorithm>

#include "tests/ptx/opcodes/addresses.h"
#include "tests/ptx/opcodes/floats.h"
#include "tests/ptx/opcodes/integers.h"

namespace vitgen::ptx {

namespace {

struct Exchange {
  template <class T>
  T operator()(T, T b) const {
    return b;
  }
};
struct BitAnd {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a & b);
  }
};
struct BitOr {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a | b);
  }
};
struct BitXor {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a ^ b);
  }
};
// PTX ISA, "atom": up to b and then 0; down from b.
struct Increment {
  template <class T>
  T operator()(T a, T b) const {
    return a >= b ? T{0} : static_cast<T>(a + 1);
  }
};
struct Decrement {
  template <class T>
  T operator()(T a, T b) const {
    return a == 0 || a > b ? b : static_cast<T>(a - 1);
  }
};

Space space_of(const Instruction& i) { return static_cast<Space>(i.count); }

// Operands: what was there, the address, b.
template <class Op, class T>
void execute_atom(const Instruction& i, Thread& thread) {
  std::byte* at = thread.atomic(space_of(i), address_of(i, thread, i.operands[1]), sizeof(T));
  T old;
  std::memcpy(&old, at, sizeof old);
  const T changed = Op{}(old, thread.get<T>(i.operands[2]));
  std::memcpy(at, &changed, sizeof changed);
  thread.set(i.operands[0], old);
}

template <class T>
void execute_cas(const Instruction& i, Thread& thread) {
  std::byte* at = thread.atomic(space_of(i), address_of(i, thread, i.operands[1]), sizeof(T));
  T old;
  std::memcpy(&old, at, sizeof old);
  const T changed = thread.get<T>(i.operands[3]);
  if (old == thread.get<T>(i.operands[2])) std::memcpy(at, &changed, sizeof changed);
  thread.set(i.operands[0], old);
}

template <class Op>
Execute integer_atom(Type type) {
  return with_integer(type, []<class T>() -> Execute { return &execute_atom<Op, T>; });
}

Execute sum_atom(Type type) {
  switch (type) {
    case Type::f32:
      return &execute_atom<Add, float>;
    case Type::f64:
      return &execute_atom<Add, double>;
    case Type::f16:
      return &execute_atom<Widened<Add>, Half>;
    case Type::bf16:
      return &execute_atom<Widened<Add>, Bfloat>;
    case Type::f16x2:
      return &execute_atom<Paired<Widened<Add>>, Pair<Half>>;
    case Type::bf16x2:
      return &execute_atom<Paired<Widened<Add>>, Pair<Bfloat>>;
    default:
      return integer_atom<Add>(type);
  }
}

Execute atom_of(std::string_view operation, Type type) {
  if (operation == "add") return sum_atom(type);
  if (operation == "min") return integer_atom<Minimum>(type);
  if (operation == "max") return integer_atom<Maximum>(type);
  if (operation == "and") return integer_atom<BitAnd>(type);
  if (operation == "or") return integer_atom<BitOr>(type);
  if (operation == "xor") return integer_atom<BitXor>(type);
  if (operation == "exch") return integer_atom<Exchange>(type);
  if (operation == "cas")
    return with_integer(type, []<class T>() -> Execute { return &execute_cas<T>; });
  if (type != Type::u32) return nullptr;
  if (operation == "inc") return &execute_atom<Increment, std::uint32_t>;
  return operation == "dec" ? &execute_atom<Decrement, std::uint32_t> : nullptr;
}

// red is atom without a result.
Decoded decode_atom(Statement& s) {
  s.take_one({"relaxed", "acquire", "release", "acq_rel"});
  s.take_one({"cta", "cluster", "gpu", "sys"});
  const Space space = take_space(s);
  const std::string_view operation =
      s.take_one({"add", "min", "max", "and", "or", "xor", "exch", "cas", "inc", "dec"});
  s.take("noftz");
  const Execute execute = atom_of(operation, s.take_type());
  const std::size_t results = s.base() == "atom" ? 1 : 0;
  const std::size_t operands = results + (operation == "cas" ? 3 : 2);
  s.expect_operands(operands, operands);
  Decoded decoded = at_address(s.address(results));
  decoded.operands.insert(decoded.operands.begin(), results == 1 ? s.value(0) : kSink);
  for (std::size_t i = results + 1; i < operands; ++i) decoded.operands.push_back(s.value(i));
  decoded.execute = execute;
  decoded.count = static_cast<std::uint32_t>(space);
  return decoded;
}

constexpr Opcode kOpcodes[] = {{"atom", decode_atom}, {"red", decode_atom}};

}  // namespace

std::span<const Opcode> atomic_opcodes() { return kOpcodes; }

}  // namespace vitgen::ptx
