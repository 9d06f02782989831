#pragma once
// The shared memory of a block, with a record of who touched each byte since when: two threads that
// touch a byte with no barrier between, one of them changing it, race. Writing the value that is
// there already changes nothing.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace vitgen::ptx {

/// Who touches memory, and what it is ordered after: times count synchronisations in the block.
struct Toucher {
  std::uint32_t thread = 0;
  std::uint32_t warp = 0;
  std::uint32_t now = 0;
  std::uint32_t block_time = 0;  ///< of the last barrier of all threads
  std::uint32_t warp_time = 0;   ///< of the last synchronisation of the thread's warp
};

class SharedMemory {
 public:
  explicit SharedMemory(std::uint64_t bytes);

  std::uint64_t size() const { return bytes_.size(); }
  std::byte* at(std::uint64_t offset) { return bytes_.data() + offset; }
  /// False on a race: the bytes are read or written all the same.
  bool read(std::uint64_t offset, void* to, std::uint32_t size, const Toucher& who);
  bool write(std::uint64_t offset, const void* from, std::uint32_t size, const Toucher& who);
  struct Writer {
    std::uint32_t thread = 0, time = 0;
    bool exists = false;
  };
  Writer last_writer(std::uint64_t offset) const;
  /// What a product in flight reads: 16 bytes at a multiple of them, inside of the memory.
  void begin_read_in_flight(std::uint64_t offset) { ++reads_in_flight_[offset / kReadBytes]; }
  void end_read_in_flight(std::uint64_t offset) { --reads_in_flight_[offset / kReadBytes]; }
  bool is_read_in_flight(std::uint64_t offset, std::uint64_t size) const;
  /// A warp's product has read there; it ends with the warp's next epoch.
  void note_product(std::uint64_t offset, std::uint32_t warp, std::uint32_t epoch);
  /// Whether all such epochs, but those of `warp` itself, are among `epochs`.
  bool is_ordered_after_products(std::uint64_t offset, std::uint64_t size, std::uint32_t warp,
                                 std::span<const std::uint32_t> epochs) const;
  /// By a copy that is ordered by other means than barriers of threads.
  void write_in_bulk(std::uint64_t offset, const void* from, std::uint64_t size);
  /// After a barrier of some of the threads only: who waits for whom is not recorded.
  void stop_checks() { checked_ = false; }

 private:
  struct Touch {
    std::uint32_t time = 0;
    std::uint32_t who = 0;  ///< a thread + 1, a warp of which several + kWarps, or kMany; 0: nobody
  };
  struct Record {
    Touch write, read;
  };
  static bool ordered(const Touch& touch, const Toucher& who);
  static void add_reader(Touch& readers, const Toucher& who);

  static constexpr std::uint64_t kReadBytes = 16;
  static constexpr std::uint32_t kMaxWarps = 32;  ///< of a block, which has 1024 threads at most

  std::vector<std::byte> bytes_;
  std::vector<Record> records_;
  std::vector<std::uint32_t> reads_in_flight_;
  /// The latest epochs of warps whose products read 16 bytes; empty: of none.
  std::vector<std::array<std::uint32_t, kMaxWarps>> products_;
  bool checked_ = true;
};

}  // namespace vitgen::ptx
