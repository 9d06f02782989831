// cp.async: copies to shared memory that arrive when they are waited for.

#include <algorithm>
#include <cstring>

#include "tests/ptx/opcodes/addresses.h"

namespace vitgen::ptx {

namespace {

// Only what is read need be there.
void read_source(Thread& thread, std::uint64_t from, std::byte* to, std::uint32_t size,
                 std::uint32_t read) {
  if (read == size) return thread.read(Space::global, from, to, size);
  for (std::uint32_t k = 0; k < read; ++k) thread.read(Space::global, from + k, to + k, 1);
}

// Operands: the destination, the source, the bytes that are read. `count` is the size.
// The destination holds a NaN's bits until the copy arrives, so a read too early is seen.
void execute_copy(const Instruction& i, Thread& thread) {
  const std::uint32_t size = i.count;
  const auto read = thread.get<std::uint32_t>(i.operands[2]);
  if (read > size) throw Fault("cp.async reads more than it writes");
  const std::uint64_t to =
      (thread.registers[i.operands[0]] + static_cast<std::uint64_t>(i.constant)) & i.mask;
  const std::uint64_t from =
      thread.registers[i.operands[1]] + static_cast<std::uint64_t>(i.constant2);
  if (from % size != 0) throw Fault("misaligned: the source of cp.async");
  std::byte garbage[16];
  std::fill_n(garbage, size, std::byte{0xff});
  thread.write(Space::shared, to, garbage, size);
  read_source(thread, from, garbage, size, read);
  thread.copies.push_back({to, from, size, read, thread.copy_group});
}

void execute_commit(const Instruction&, Thread& thread) { ++thread.copy_group; }

void execute_wait(const Instruction& i, Thread& thread) {
  finish_copies(thread, static_cast<std::uint32_t>(i.constant));
}

// Also copies that no group holds yet.
void execute_wait_all(const Instruction&, Thread& thread) {
  ++thread.copy_group;
  finish_copies(thread, 0);
}

// cp.async.ca.shared.global [to], [from], size, read;
Decoded decode_copy(Statement& s) {
  const bool all_caches = s.take("ca");
  if (!all_caches && !s.take("cg")) s.fail("lacks .ca or .cg");
  if ((!s.take("shared") && !s.take("shared::cta")) || !s.take("global"))
    s.fail("lacks its state spaces");
  s.take_all({"L2::64B", "L2::128B", "L2::256B"});
  s.expect_operands(3, 4);
  const Operand& from = s.address(1);
  Decoded decoded = at_address(s.address(0));
  decoded.operands.push_back(from.slots[0]);
  decoded.operands.push_back(s.value(s.operand_count() - 1));
  decoded.constant2 = from.offset;
  const std::int64_t size = s.number(2);
  if (size != 16 && (!all_caches || (size != 4 && size != 8)))
    s.fail("has a size that it cannot have");
  decoded.count = static_cast<std::uint32_t>(size);
  decoded.execute = &execute_copy;
  return decoded;
}

Decoded decode_cp(Statement& s) {
  if (!s.take("async")) s.fail("is not known");
  if (s.take("bulk")) return decode_bulk_copy(s);
  if (s.take("commit_group")) return {.execute = &execute_commit};
  if (s.take("wait_all")) return {.execute = &execute_wait_all};
  if (s.take("wait_group")) return {.execute = &execute_wait, .constant = s.number(0)};
  return decode_copy(s);
}

constexpr Opcode kOpcodes[] = {{"cp", decode_cp}};

}  // namespace

std::span<const Opcode> copy_opcodes() { return kOpcodes; }

void finish_copies(Thread& thread, std::uint32_t left) {
  std::vector<Copy> later;
  for (const Copy& copy : thread.copies) {
    if (copy.group + left >= thread.copy_group) {
      later.push_back(copy);
      continue;
    }
    std::byte bytes[16] = {};
    read_source(thread, copy.from, bytes, copy.size, copy.read);
    thread.write(Space::shared, copy.to, bytes, copy.size);
  }
  thread.copies = std::move(later);
}

}  // namespace vitgen::ptx
