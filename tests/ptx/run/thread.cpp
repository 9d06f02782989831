#include "tests/ptx/run/thread.h"

#include <fmt/format.h>

namespace vitgen::ptx {

namespace {

struct Place {
  Space space = Space::global;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;  ///< of the space; of global memory unknown
};

Space space_of(std::uint64_t address) {
  return address < Memory::kEnd ? Space::global : static_cast<Space>(address / kSpaceBytes);
}

// A module's variables in global memory lie in the window of constants.
Place place(Space space, std::uint64_t address, const Block& block) {
  const Space there = space_of(address);
  if (space == Space::generic || there == Space::constant) {
    space = there;
    address -= window(space);
  }
  switch (space) {
    case Space::shared:
      return {space, address, block.shared.size()};
    case Space::local:
      return {space, address, block.function.local_bytes};
    case Space::param:
      return {space, address, block.parameters.size()};
    case Space::constant:
      return {space, address, block.program.constants.size()};
    default:
      return {Space::global, address, 0};
  }
}

std::string_view name_of(Space space) {
  switch (space) {
    case Space::shared:
      return "shared memory";
    case Space::local:
      return "local memory";
    case Space::param:
      return "the parameters";
    case Space::constant:
      return "the module's variables";
    default:
      return "global memory";
  }
}

[[noreturn]] void refuse(std::string_view reason, const Place& place, std::uint32_t size) {
  throw Fault(
      fmt::format("{}: {} bytes at {:#x} of {}", reason, size, place.offset, name_of(place.space)));
}

void check(const Place& place, std::uint32_t size) {
  if (place.offset % size != 0) refuse("misaligned", place, size);
  if (place.space == Space::global) return;
  if (place.offset > place.bytes || size > place.bytes - place.offset) {
    refuse("out of bounds", place, size);
  }
}

Toucher toucher(const Thread& thread) {
  return {thread.index, thread.warp->number, thread.block->time, thread.block->barrier_time,
          thread.warp->time};
}

const std::byte* bytes_at(const Place& place, const Thread& thread, std::uint32_t size) {
  switch (place.space) {
    case Space::local:
      return thread.local + place.offset;
    case Space::param:
      return thread.block->parameters.data() + place.offset;
    case Space::constant:
      return thread.block->program.constants.data() + place.offset;
    default:
      break;
  }
  const std::byte* bytes = thread.block->memory.find(place.offset, size, false);
  if (!bytes) refuse("out of bounds", place, size);
  return bytes;
}

}  // namespace

void Thread::read(Space space, std::uint64_t address, void* to, std::uint32_t size) {
  const Place from = place(space, address, *block);
  check(from, size);
  if (from.space != Space::shared) {
    std::memcpy(to, bytes_at(from, *this, size), size);
    return;
  }
  check_arrival(*this, from.offset, size);
  if (!block->shared.read(from.offset, to, size, toucher(*this))) {
    refuse("race: reads what another thread wrote since the last barrier", from, size);
  }
}

void Thread::write(Space space, std::uint64_t address, const void* from, std::uint32_t size) {
  const Place to = place(space, address, *block);
  check(to, size);
  switch (to.space) {
    case Space::shared:
      if (block->shared.is_read_in_flight(to.offset, size)) {
        refuse("changes a factor of a product in flight", to, size);
      }
      if (!block->shared.write(to.offset, from, size, toucher(*this))) {
        refuse("race: changes what another thread touched since the last barrier", to, size);
      }
      return;
    case Space::local:
      std::memcpy(local + to.offset, from, size);
      return;
    case Space::global: {
      std::byte* bytes = block->memory.find(to.offset, size, true);
      if (!bytes) refuse("out of bounds, or constant", to, size);
      std::memcpy(bytes, from, size);
      return;
    }
    default:
      refuse("cannot be written", to, size);
  }
}

std::byte* Thread::atomic(Space space, std::uint64_t address, std::uint32_t size) {
  const Place at = place(space, address, *block);
  check(at, size);
  if (at.space == Space::shared) return block->shared.at(at.offset);
  std::byte* bytes =
      at.space == Space::global ? block->memory.find(at.offset, size, true) : nullptr;
  if (!bytes) refuse("out of bounds, or constant", at, size);
  return bytes;
}

std::uint32_t Warp::alive() const {
  std::uint32_t mask = 0;
  for (std::uint32_t lane = 0; lane < size; ++lane) {
    if (lanes[lane].state != State::ended) mask |= 1u << lane;
  }
  return mask;
}

}  // namespace vitgen::ptx
