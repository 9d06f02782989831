// Loads and stores.

#include <algorithm>

#include "tests/ptx/opcodes/addresses.h"
#include "tests/ptx/parse/types.h"
#include "tests/ptx/run/thread.h"

namespace vitgen::ptx {

namespace {

constexpr std::uint32_t kMaxBytes = 32;  // v8.b32 and v4.b64

// Operands: the elements, then the address.
template <Space space, class T>
void execute_load(const Instruction& i, Thread& thread) {
  alignas(kMaxBytes) std::byte bytes[kMaxBytes];
  thread.read(space, address_of(i, thread, i.operands[i.count]), bytes,
              static_cast<std::uint32_t>(sizeof(T)) * i.count);
  for (std::uint32_t k = 0; k < i.count; ++k) {
    T value;
    std::memcpy(&value, bytes + k * sizeof(T), sizeof(T));
    thread.set(i.operands[k], value);
  }
}

template <Space space, class T>
void execute_store(const Instruction& i, Thread& thread) {
  alignas(kMaxBytes) std::byte bytes[kMaxBytes];
  for (std::uint32_t k = 0; k < i.count; ++k) {
    std::memcpy(bytes + k * sizeof(T), thread.registers + i.operands[k], sizeof(T));
  }
  thread.write(space, address_of(i, thread, i.operands[i.count]), bytes,
               static_cast<std::uint32_t>(sizeof(T)) * i.count);
}

void execute_nothing(const Instruction&, Thread&) {}

template <Space space>
Execute load_of(Type type) {
  switch (type) {
    case Type::s8:
      return &execute_load<space, std::int8_t>;
    case Type::s16:
      return &execute_load<space, std::int16_t>;
    case Type::s32:
      return &execute_load<space, std::int32_t>;
    default:
      break;
  }
  switch (size_of(type)) {
    case 1:
      return &execute_load<space, std::uint8_t>;
    case 2:
      return &execute_load<space, std::uint16_t>;
    case 4:
      return &execute_load<space, std::uint32_t>;
    case 8:
      return &execute_load<space, std::uint64_t>;
    default:
      return nullptr;
  }
}

template <Space space>
Execute store_of(Type type) {
  switch (size_of(type)) {
    case 1:
      return &execute_store<space, std::uint8_t>;
    case 2:
      return &execute_store<space, std::uint16_t>;
    case 4:
      return &execute_store<space, std::uint32_t>;
    case 8:
      return &execute_store<space, std::uint64_t>;
    default:
      return nullptr;
  }
}

// Which caches serve an access changes no value.
void take_cache_hints(Statement& s) {
  s.take_one({"weak", "volatile", "relaxed", "acquire", "release"});
  s.take_one({"cta", "cluster", "gpu", "sys"});
  s.take_all({"nc", "ca", "cg", "cs", "lu", "cv", "wb", "wt", "L1::evict_normal",
              "L1::evict_unchanged", "L1::evict_first", "L1::evict_last", "L1::no_allocate",
              "L2::64B", "L2::128B", "L2::256B", "L2::evict_first", "L2::evict_last"});
}

struct Access {
  Space space = Space::generic;
  std::uint32_t count = 1;
  Type type = Type::b32;
};

Access take_access(Statement& s) {
  Access access;
  take_cache_hints(s);
  access.space = take_space(s);
  const std::string_view vector = s.take_one({"v2", "v4", "v8"});
  if (!vector.empty()) access.count = static_cast<std::uint32_t>(vector[1] - '0');
  access.type = s.take_type();
  if (access.count * size_of(access.type) > kMaxBytes) s.fail("moves more than 32 bytes");
  return access;
}

Decoded with_address(Statement& s, const Access& access, std::size_t elements,
                     std::size_t address) {
  const auto slots = s.vector(elements, access.count);
  Decoded decoded = at_address(s.address(address));
  decoded.operands.insert(decoded.operands.begin(), slots.begin(), slots.end());
  decoded.count = access.count;
  return decoded;
}

Decoded decode_ld(Statement& s) {
  const Access access = take_access(s);
  s.expect_operands(2, 2);
  Decoded decoded = with_address(s, access, 0, 1);
  switch (access.space) {
    case Space::shared:
      decoded.execute = load_of<Space::shared>(access.type);
      break;
    case Space::local:
      decoded.execute = load_of<Space::local>(access.type);
      break;
    case Space::param:
      decoded.execute = load_of<Space::param>(access.type);
      break;
    case Space::generic:
      decoded.execute = load_of<Space::generic>(access.type);
      break;
    default:
      decoded.execute = load_of<Space::global>(access.type);
      break;
  }
  return decoded;
}

Decoded decode_st(Statement& s) {
  const Access access = take_access(s);
  s.expect_operands(2, 2);
  Decoded decoded = with_address(s, access, 1, 0);
  switch (access.space) {
    case Space::shared:
      decoded.execute = store_of<Space::shared>(access.type);
      break;
    case Space::local:
      decoded.execute = store_of<Space::local>(access.type);
      break;
    case Space::generic:
      decoded.execute = store_of<Space::generic>(access.type);
      break;
    case Space::global:
      decoded.execute = store_of<Space::global>(access.type);
      break;
    default:
      break;
  }
  return decoded;
}

Decoded decode_prefetch(Statement& s) {
  s.take_all({"global", "L1", "L2", "tensormap"});
  s.address(0);
  return {.execute = &execute_nothing};
}

constexpr Opcode kOpcodes[] = {
    {"ld", decode_ld}, {"ldu", decode_ld}, {"st", decode_st}, {"prefetch", decode_prefetch}};

}  // namespace

std::span<const Opcode> memory_opcodes() { return kOpcodes; }

}  // namespace vitgen::ptx
