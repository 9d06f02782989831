#pragma once
// What runs: a block of threads with its shared memory, in warps of 32 lanes.

#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "tests/ptx/memory.h"
#include "tests/ptx/parse/program.h"
#include "tests/ptx/run/bulk_copy.h"
#include "tests/ptx/run/memory_barrier.h"
#include "tests/ptx/run/shared_memory.h"

namespace vitgen::ptx {

/// What a program did wrong; run() adds where.
struct Fault : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline constexpr std::uint32_t kLanes = 32;

enum class State : std::uint8_t {
  running,
  together,  ///< waits for the lanes that execute its instruction together
  barrier,   ///< waits at barrier `barrier`
  phase,     ///< waits for a phase of the memory barrier at `memory_barrier`
  ended,
};

/// One cp.async that has been issued.
struct Copy {
  std::uint64_t to = 0;    ///< in shared memory
  std::uint64_t from = 0;  ///< in global memory
  std::uint32_t size = 0;  ///< of the destination
  std::uint32_t read = 0;  ///< from the source; the rest is zero
  std::uint32_t group = 0;
};

/// One wgmma.mma_async of a warp that has been issued.
struct Product {
  const Instruction* instruction = nullptr;
  std::uint64_t left = 0, right = 0;         ///< descriptors
  std::vector<std::uint32_t> fragment = {};  ///< or the left factor's registers, by lane
  bool adds = true;                          ///< to the sums; else they begin with 0
  std::uint32_t group = 0;
};

struct Block;

struct Thread {
  std::uint64_t* registers = nullptr;
  const Instruction* code = nullptr;
  std::size_t next = 0;  ///< instruction
  State state = State::running;
  bool carry = false;
  std::uint32_t index = 0;  ///< in the block
  std::uint32_t lane = 0;
  std::uint32_t barrier = 0;
  std::uint32_t barrier_threads = 0;  ///< that it waits for; 0: all
  Warp* warp = nullptr;
  Block* block = nullptr;
  std::byte* local = nullptr;
  std::vector<Copy> copies;      ///< issued and not yet arrived
  std::uint32_t copy_group = 0;  ///< that the next copy belongs to
  std::uint32_t proxy_time = 0;  ///< of the last fence before reads by the asynchronous proxy
  std::uint64_t memory_barrier = 0;
  Epochs ordered_after = {};  ///< by memory barriers

  template <class T>
  T get(Slot slot) const {
    T value;
    std::memcpy(&value, registers + slot, sizeof value);
    return value;
  }

  /// Integers are extended by their sign, so that a wider register holds the same number.
  template <class T>
  void set(Slot slot, T value) {
    if constexpr (std::is_signed_v<T> && std::is_integral_v<T>) {
      registers[slot] = static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
    } else {
      registers[slot] = 0;
      std::memcpy(registers + slot, &value, sizeof value);
    }
  }

  /// Memory of a state space. Throws Fault if the bytes are not all there or not aligned to `size`.
  void read(Space space, std::uint64_t address, void* to, std::uint32_t size);
  void write(Space space, std::uint64_t address, const void* from, std::uint32_t size);
  /// For a read and a write that nothing comes between.
  std::byte* atomic(Space space, std::uint64_t address, std::uint32_t size);
};

struct Warp {
  Thread* lanes = nullptr;
  std::uint32_t size = 0;  ///< lanes that there are
  std::uint32_t number = 0;
  std::uint32_t time = 0;              ///< of the last synchronisation of its lanes
  std::vector<Product> products = {};  ///< issued and not yet waited for
  std::uint32_t product_group = 0;     ///< that the next one belongs to
  /// Of the sums of such products, by their first slot, lane by lane.
  std::map<Slot, std::vector<float>> sums = {};
  std::vector<bool> in_flight = {};  ///< by slot: is one of such sums
  std::uint32_t epoch = 0;           ///< that has ended: see memory_barrier.h

  std::uint32_t alive() const;  ///< a bit for every lane that has not ended
};

/// What the 16 bytes of shared memory at a multiple of them wait for.
struct Arrival {
  std::uint64_t barrier = 0;
  std::uint64_t phase = ~std::uint64_t{0};
};
inline constexpr std::uint64_t kNoCopy = ~std::uint64_t{0};
inline constexpr std::uint64_t kInFlight = kNoCopy - 1;

struct Block {
  const Function& function;
  const Program& program;
  const Memory& memory;
  const std::vector<std::byte>& parameters;
  std::array<std::uint32_t, 3> grid{}, size{}, index{};
  SharedMemory shared;
  std::uint64_t budget = 0;  ///< instructions left

  std::vector<std::uint64_t> registers = {};
  std::vector<std::byte> local = {};
  std::vector<Thread> threads = {};
  std::vector<Warp> warps = {};
  std::uint32_t time = 0;                    ///< counts synchronisations and fences
  std::uint32_t barrier_time = 0;            ///< of the last barrier of all threads
  std::array<std::uint32_t, 16> arrivals{};  ///< at each barrier, of threads that do not wait there
  MemoryBarriers barriers = {};
  std::vector<BulkCopy> bulk_copies = {};        ///< in flight
  std::vector<Arrival> arrivals_of_copies = {};  ///< of all shared memory; empty: no copy yet
};

/// Runs one block to its end. Throws std::runtime_error that says where.
void run_block(Block& block);

/// Copies arrive but those of the `left` latest groups.
void finish_copies(Thread& thread, std::uint32_t left);

}  // namespace vitgen::ptx
