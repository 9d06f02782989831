// Branches, barriers, fences.

#include "tests/ptx/parse/statement.h"
#include "tests/ptx/run/thread.h"

namespace vitgen::ptx {

namespace {

void execute_nothing(const Instruction&, Thread&) {}

void execute_branch(const Instruction& i, Thread& thread) {
  thread.next = static_cast<std::size_t>(i.constant);
}

void execute_exit(const Instruction&, Thread& thread) { thread.state = State::ended; }

void execute_trap(const Instruction&, Thread&) { throw Fault("trap"); }

std::uint32_t barrier_of(const Instruction& i, const Thread& thread, Slot slot) {
  const auto number = thread.get<std::uint32_t>(slot);
  if (number >= thread.block->arrivals.size()) throw Fault("there are 16 barriers");
  const auto threads = thread.get<std::uint32_t>(i.operands[1]);
  if (threads % kLanes != 0) throw Fault("a barrier's threads are whole warps");
  return number;
}

// Operands: the barrier, the threads it waits for or 0. `constant`: all lanes come here together.
void execute_barrier(const Instruction& i, Thread& thread) {
  thread.barrier = barrier_of(i, thread, i.operands[0]);
  thread.barrier_threads = thread.get<std::uint32_t>(i.operands[1]);
  thread.state = State::barrier;
}

void execute_arrive(const Instruction& i, Thread& thread) {
  ++thread.block->arrivals[barrier_of(i, thread, i.operands[0])];
}

Decoded decode_branch(Statement& s) {
  s.take("uni");
  s.expect_operands(1, 1);
  if (s.operand(0).kind != Operand::Kind::label) s.fail("lacks a label");
  return {.execute = &execute_branch, .label = s.operand(0).label};
}

template <Execute execute>
Decoded decode_plain(Statement& s) {
  s.take("uni");
  s.expect_operands(0, 0);
  return {.execute = execute};
}

// bar.sync is barrier.sync.aligned; with one operand it waits for all threads.
Decoded decode_barrier(Statement& s) {
  if (s.take("warp")) return decode_warp_barrier(s);
  s.take("cta");
  const bool aligned = s.take("aligned") || s.base() == "bar";
  const bool arrives = s.take("arrive");
  if (!arrives && !s.take("sync")) s.fail("is neither .sync nor .arrive");
  s.expect_operands(arrives ? 2 : 1, 2);
  return {.execute = arrives ? &execute_arrive : &execute_barrier,
          .operands = {s.value(0), s.operand_count() == 2 ? s.value(1) : kZero},
          .constant = aligned ? 1 : 0};
}

void execute_barrier_fence(const Instruction&, Thread& thread) { show_memory_barriers(thread); }

void execute_proxy_fence(const Instruction&, Thread& thread) {
  thread.proxy_time = ++thread.block->time;
  show_memory_barriers(thread);
}

Decoded decode_proxy_fence(Statement& s) {
  if (!s.take("async")) s.fail("is known with .async only");
  s.take("shared::cta");
  s.expect_operands(0, 0);
  return {.execute = &execute_proxy_fence};
}

// Threads run one after another: all see what was written before.
Decoded decode_fence(Statement& s) {
  if (s.take("proxy")) return decode_proxy_fence(s);
  if (s.take("mbarrier_init")) {
    if (!s.take("release") || !s.take("cluster")) s.fail("lacks .release.cluster");
    s.expect_operands(0, 0);
    return {.execute = &execute_barrier_fence};
  }
  s.take_all({"sc", "acq_rel", "acquire", "release", "cta", "cluster", "gpu", "sys", "gl"});
  s.expect_operands(0, 0);
  return {.execute = &execute_nothing};
}

constexpr Opcode kOpcodes[] = {
    {"bra", decode_branch},
    {"ret", decode_plain<&execute_exit>},
    {"exit", decode_plain<&execute_exit>},
    {"trap", decode_plain<&execute_trap>},
    {"bar", decode_barrier},
    {"barrier", decode_barrier},
    {"membar", decode_fence},
    {"fence", decode_fence},
};

}  // namespace

std::span<const Opcode> control_opcodes() { return kOpcodes; }

}  // namespace vitgen::ptx
