// What the lanes of a warp do together: shfl, vote, match, redux, activemask, bar.warp.

#include <bit>

#include "tests/ptx/opcodes/integers.h"

namespace vitgen::ptx {

namespace {

template <class F>
void for_each_lane(Warp& warp, std::uint32_t lanes, F f) {
  for (std::uint32_t lane = 0; lane < warp.size; ++lane) {
    if ((lanes >> lane & 1) != 0) f(warp.lanes[lane]);
  }
}

enum class Shuffle : std::uint8_t { up, down, butterfly, index };

struct Source {
  std::uint32_t lane = 0;
  bool valid = false;
};

// PTX ISA, "shfl.sync": c holds the bound in its lower bits and the mask of a segment above.
Source shuffle_source(Shuffle mode, std::uint32_t lane, std::uint32_t b, std::uint32_t c) {
  const std::uint32_t bound = c & 31, segment = c >> 8 & 31, distance = b & 31;
  const std::uint32_t last = (lane & segment) | (bound & ~segment & 31);
  const std::uint32_t first = lane & segment;
  std::uint32_t from = 0;
  bool valid = false;
  switch (mode) {
    case Shuffle::up:
      from = lane - distance;
      valid = static_cast<std::int32_t>(from) >= static_cast<std::int32_t>(last);
      break;
    case Shuffle::down:
      from = lane + distance;
      valid = from <= last;
      break;
    case Shuffle::butterfly:
      from = lane ^ distance;
      valid = from <= last;
      break;
    case Shuffle::index:
      from = first | (distance & ~segment & 31);
      valid = from <= last;
      break;
  }
  return {valid ? from : lane, valid};
}

// Operands: d, p, a, b, c.
template <Shuffle mode>
void execute_shfl(const Instruction& i, Warp& warp, std::uint32_t lanes) {
  const Slot* o = i.operands;
  std::uint32_t before[kLanes] = {};
  for_each_lane(warp, lanes, [&](Thread& t) { before[t.lane] = t.get<std::uint32_t>(o[2]); });
  for_each_lane(warp, lanes, [&](Thread& t) {
    const Source source =
        shuffle_source(mode, t.lane, t.get<std::uint32_t>(o[3]), t.get<std::uint32_t>(o[4]));
    if ((lanes >> source.lane & 1) == 0) throw Fault("shfl from a lane that takes no part");
    t.set(o[0], before[source.lane]);
    t.set(o[1], source.valid);
  });
}

Decoded decode_shfl(Statement& s) {
  s.take("sync");
  const std::string_view mode = s.take_one({"up", "down", "bfly", "idx"});
  if (s.take_type() != Type::b32) s.fail("is not known for this type");
  s.expect_operands(5, 5);
  const auto results = s.vector(0);
  return {.together = mode == "up"     ? &execute_shfl<Shuffle::up>
                      : mode == "down" ? &execute_shfl<Shuffle::down>
                      : mode == "bfly" ? &execute_shfl<Shuffle::butterfly>
                      : mode == "idx"  ? &execute_shfl<Shuffle::index>
                                       : nullptr,
          .operands = {results[0], results.size() == 2 ? results[1] : kSink, s.value(1), s.value(2),
                       s.value(3)},
          .members = s.value(4)};
}

enum class Vote : std::uint8_t { all, any, uniform, ballot };

// Operands: d, a; `constant`: a is negated.
template <Vote vote>
void execute_vote(const Instruction& i, Warp& warp, std::uint32_t lanes) {
  std::uint32_t yes = 0;
  for_each_lane(warp, lanes, [&](Thread& t) {
    if ((t.registers[i.operands[1]] != 0) != (i.constant != 0)) yes |= 1u << t.lane;
  });
  for_each_lane(warp, lanes, [&](Thread& t) {
    const Slot to = i.operands[0];
    if (vote == Vote::ballot) t.set(to, yes);
    if (vote == Vote::all) t.set(to, yes == lanes);
    if (vote == Vote::any) t.set(to, yes != 0);
    if (vote == Vote::uniform) t.set(to, yes == lanes || yes == 0);
  });
}

Decoded decode_vote(Statement& s) {
  s.take("sync");
  const std::string_view vote = s.take_one({"all", "any", "uni", "ballot"});
  s.take_type();
  s.expect_operands(3, 3);
  const Operand& predicate = s.operand(1);
  if (predicate.slots.size() != 1) s.fail("lacks a predicate");
  return {.together = vote == "all"      ? &execute_vote<Vote::all>
                      : vote == "any"    ? &execute_vote<Vote::any>
                      : vote == "uni"    ? &execute_vote<Vote::uniform>
                      : vote == "ballot" ? &execute_vote<Vote::ballot>
                                         : nullptr,
          .operands = {s.value(0), predicate.slots[0]},
          .constant = predicate.negated ? 1 : 0,
          .members = s.value(2)};
}

// The lanes whose value is the same as this one's.
template <class T>
void execute_match(const Instruction& i, Warp& warp, std::uint32_t lanes) {
  std::uint32_t same[kLanes] = {};
  for_each_lane(warp, lanes, [&](Thread& t) {
    for_each_lane(warp, lanes, [&](Thread& other) {
      if (t.get<T>(i.operands[1]) == other.get<T>(i.operands[1])) same[t.lane] |= 1u << other.lane;
    });
  });
  for_each_lane(warp, lanes, [&](Thread& t) { t.set(i.operands[0], same[t.lane]); });
}

Decoded decode_match(Statement& s) {
  s.take("sync");
  if (!s.take("any")) s.fail("is known with .any only");
  s.expect_operands(3, 3);
  return {.together = size_of(s.take_type()) == 8 ? &execute_match<std::uint64_t>
                                                  : &execute_match<std::uint32_t>,
          .operands = {s.value(0), s.value(1)},
          .members = s.value(2)};
}

struct And {
  std::uint32_t operator()(std::uint32_t a, std::uint32_t b) const { return a & b; }
};
struct Or {
  std::uint32_t operator()(std::uint32_t a, std::uint32_t b) const { return a | b; }
};
struct Xor {
  std::uint32_t operator()(std::uint32_t a, std::uint32_t b) const { return a ^ b; }
};

template <class Op, class T>
void execute_redux(const Instruction& i, Warp& warp, std::uint32_t lanes) {
  bool first = true;
  T result = 0;
  for_each_lane(warp, lanes, [&](Thread& t) {
    const T value = t.get<T>(i.operands[1]);
    result = first ? value : static_cast<T>(Op{}(result, value));
    first = false;
  });
  for_each_lane(warp, lanes, [&](Thread& t) { t.set(i.operands[0], result); });
}

template <class Op>
ExecuteTogether integer_redux(Type type) {
  return type == Type::s32 ? &execute_redux<Op, std::int32_t> : &execute_redux<Op, std::uint32_t>;
}

Decoded decode_redux(Statement& s) {
  s.take("sync");
  const std::string_view operation = s.take_one({"add", "min", "max", "and", "or", "xor"});
  const Type type = s.take_type();
  if (size_of(type) != 4 || is_float(type)) s.fail("is not known for this type");
  s.expect_operands(3, 3);
  return {.together = operation == "add"   ? integer_redux<Add>(type)
                      : operation == "min" ? integer_redux<Minimum>(type)
                      : operation == "max" ? integer_redux<Maximum>(type)
                      : operation == "and" ? &execute_redux<And, std::uint32_t>
                      : operation == "or"  ? &execute_redux<Or, std::uint32_t>
                      : operation == "xor" ? &execute_redux<Xor, std::uint32_t>
                                           : nullptr,
          .operands = {s.value(0), s.value(1)},
          .members = s.value(2)};
}

void execute_activemask(const Instruction& i, Warp& warp, std::uint32_t lanes) {
  for_each_lane(warp, lanes, [&](Thread& t) { t.set(i.operands[0], lanes); });
}

// By lanes that happen to be there; here by all that have not ended.
Decoded decode_activemask(Statement& s) {
  s.take_type();
  return {.together = &execute_activemask, .operands = s.values(1)};
}

// Lanes that are ordered among themselves: all of the warp, or nothing is recorded.
void execute_warp_barrier(const Instruction&, Warp& warp, std::uint32_t lanes) {
  if (lanes != warp.alive()) return;
  warp.time = ++warp.lanes[0].block->time;
}

constexpr Opcode kOpcodes[] = {{"shfl", decode_shfl},
                               {"vote", decode_vote},
                               {"match", decode_match},
                               {"redux", decode_redux},
                               {"activemask", decode_activemask}};

}  // namespace

Decoded decode_warp_barrier(Statement& s) {
  s.take("sync");
  s.expect_operands(1, 1);
  return {.together = &execute_warp_barrier, .members = s.value(0)};
}

std::span<const Opcode> warp_opcodes() { return kOpcodes; }

}  // namespace vitgen::ptx
