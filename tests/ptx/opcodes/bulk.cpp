// mbarrier, and cp.async.bulk.tensor to shared memory. PTX ISA, "Parallel Synchronization and
// Communication Instructions: mbarrier" and "Data Movement: Tensor Copy".

#include <algorithm>

#include "tests/ptx/parse/statement.h"
#include "tests/ptx/run/thread.h"

namespace vitgen::ptx {

namespace {

std::uint64_t shared_offset(const Thread& thread, Slot slot, std::int64_t offset) {
  return thread.get<std::uint32_t>(slot) + static_cast<std::uint64_t>(offset);
}

// Operands: the barrier, then a number.
void execute_make(const Instruction& i, Thread& thread) {
  make_memory_barrier(thread, shared_offset(thread, i.operands[0], i.constant),
                      thread.get<std::uint32_t>(i.operands[1]));
}

void execute_arrive(const Instruction& i, Thread& thread) {
  arrive(thread, shared_offset(thread, i.operands[0], i.constant),
         thread.get<std::uint32_t>(i.operands[1]));
}

// Operands: whether it has ended, the barrier, the parity. The instruction may give up and say no;
// here it waits until it can say yes.
void execute_wait(const Instruction& i, Thread& thread) {
  const std::uint64_t offset = shared_offset(thread, i.operands[1], i.constant);
  const auto parity = thread.get<std::uint32_t>(i.operands[2]);
  if (parity > 1) throw Fault("a parity is 0 or 1");
  MemoryBarrier& barrier = memory_barrier(thread, offset);
  bool ended = has_ended(thread, barrier, parity);
  if (!ended) {
    finish_bulk_copies(thread, offset);
    ended = has_ended(thread, barrier, parity);
  }
  if (ended) {
    thread.set(i.operands[0], std::uint64_t{1});
    return;
  }
  --thread.next;
  thread.memory_barrier = offset;
  thread.state = State::phase;
}

void take_shared(Statement& s) {
  if (!s.take("shared") && !s.take("shared::cta")) s.fail("is known in shared memory only");
  if (!s.take("b64")) s.fail("lacks .b64");
}

Decoded decode_arrive(Statement& s) {
  const bool expects = s.take("expect_tx");
  take_shared(s);
  s.expect_operands(expects ? 3 : 2, expects ? 3 : 2);
  if (s.value(0) != kSink) s.fail("is known without a state only");
  const Operand& barrier = s.address(1);
  return {.execute = &execute_arrive,
          .operands = {barrier.slots[0], expects ? s.value(2) : kZero},
          .constant = barrier.offset};
}

Decoded decode_mbarrier(Statement& s) {
  if (s.take("init")) {
    take_shared(s);
    s.expect_operands(2, 2);
    const Operand& barrier = s.address(0);
    return {.execute = &execute_make,
            .operands = {barrier.slots[0], s.value(1)},
            .constant = barrier.offset};
  }
  if (s.take("arrive")) return decode_arrive(s);
  if (!s.take("try_wait") || !s.take("parity")) s.fail("is not known");
  take_shared(s);
  s.expect_operands(3, 3);
  const Operand& barrier = s.address(1);
  return {.execute = &execute_wait,
          .operands = {s.value(0), barrier.slots[0], s.value(2)},
          .constant = barrier.offset};
}

TensorMap read_map(Thread& thread, std::uint64_t address) {
  TensorMap map;
  if (address % alignof(TensorMap) != 0) throw Fault("misaligned: a tensor map");
  constexpr std::uint32_t kPart = 8;
  for (std::uint32_t at = 0; at < sizeof map; at += kPart) {
    thread.read(Space::generic, address + at, reinterpret_cast<std::byte*>(&map) + at, kPart);
  }
  if (map.magic != TensorMap::kMagic) throw Fault("no tensor map is there");
  return map;
}

// Operands: where to, the map, the barrier, then as many coordinates as `count` says.
void execute_copy(const Instruction& i, Thread& thread) {
  BulkCopy copy{.map = read_map(thread, thread.get<std::uint64_t>(i.operands[1])),
                .to = shared_offset(thread, i.operands[0], i.constant),
                .barrier = shared_offset(thread, i.operands[2], i.constant2)};
  if (copy.map.dims != i.count) throw Fault("a bulk copy of other dimensions than its map's");
  for (std::uint32_t d = 0; d < i.count; ++d) {
    copy.first[d] = thread.get<std::int32_t>(i.operands[3 + d]);
  }
  begin_bulk_copy(thread, copy);
}

constexpr Opcode kOpcodes[] = {{"mbarrier", decode_mbarrier}};

}  // namespace

// cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [to], [map, {..}],
// [barrier];
Decoded decode_bulk_copy(Statement& s) {
  if (!s.take("tensor")) s.fail("is known of tensors only");
  const std::string_view dims = s.take_one({"1d", "2d", "3d", "4d", "5d"});
  if (dims.empty()) s.fail("lacks its dimensions");
  s.take("tile");
  if (!s.take("shared::cluster") || !s.take("global")) s.fail("is known to shared memory only");
  if (!s.take("mbarrier::complete_tx::bytes")) s.fail("lacks its mechanism of completion");
  s.expect_operands(3, 3);
  const Operand &to = s.address(0), &map = s.address(1), &barrier = s.address(2);
  Decoded decoded{.execute = &execute_copy,
                  .operands = {to.slots[0], map.slots[0], barrier.slots[0]},
                  .constant = to.offset,
                  .constant2 = barrier.offset};
  decoded.count = static_cast<std::uint32_t>(dims[0] - '0');
  if (map.coordinates.size() != decoded.count) s.fail("has another number of coordinates");
  if (map.offset != 0) s.fail("has an offset of its map, unknown here");
  decoded.operands.insert(decoded.operands.end(), map.coordinates.begin(), map.coordinates.end());
  return decoded;
}

std::span<const Opcode> bulk_opcodes() { return kOpcodes; }

}  // namespace vitgen::ptx
