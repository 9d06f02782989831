#include "schedules/microkernels/bulk_product.h"

#include <algorithm>

#include "schedules/microkernels/bulk_code.h"
#include "schedules/microkernels/nvptx.h"
#include "schedules/microkernels/product_epilogue.h"
#include "schedules/microkernels/warp_maps.h"
#include "schedules/microkernels/warpgroup_code.h"

namespace vitgen::microkernels {

using llvm::Value;

namespace {

constexpr const char* kEntry = "bulk_product";
constexpr int kMaps = 2;       ///< of x and w
constexpr int kThreads = 128;  ///< of a warpgroup
constexpr int kDepth = 64;     ///< terms of a stage: rows of 128 bytes
constexpr int kRowBytes = kDepth * kElementBytes;
/// Columns that a lane holds of a product of 8: neighbours.
constexpr int kPair = 2;
constexpr int kPairs = kChunk / kPair;

int groups(int extent, int size) { return (extent + size - 1) / size; }
int left_bytes(const BulkTile& tile) { return tile.block_m * kRowBytes; }
int right_bytes(const BulkTile& tile) { return tile.block_n * kRowBytes; }
int stage_bytes(const BulkTile& tile) { return left_bytes(tile) + right_bytes(tile); }
/// Threads that multiply; those follow of whom one copies.
int consumers(const BulkTile& tile) { return tile.block_m / kWarpgroupRows * kThreads; }

/// Three warpgroups that multiply need more registers than all threads have a share of: a fourth
/// one, which copies, gives most of its own away.
bool moves_registers(const BulkTile& tile) { return consumers(tile) > 2 * kThreads; }
int producers(const BulkTile& tile) { return moves_registers(tile) ? kThreads : kWarp; }

constexpr int kRegisterUnit = 8;  // setmaxnreg counts in these
constexpr int kRegistersOfProducer = 32;

/// Of a thread when the block begins, where registers are moved.
int registers_at_launch(const BulkTile& tile) {
  constexpr int kAll = 65536;  // of a multiprocessor
  return kAll / (tile.blocks * threads_of(tile)) / kRegisterUnit * kRegisterUnit;
}

/// The assembler wants the registers of one instruction to be there at launch, where 128 columns of
/// sums are 64 of them.
int columns_at_once(const BulkTile& tile) {
  return moves_registers(tile) && tile.block_n > 128 ? tile.block_n / 2 : tile.block_n;
}

/// Of a thread that multiplies, after those of the others were moved to it.
int registers_of_consumer(const BulkTile& tile) {
  const int at_launch = registers_at_launch(tile);
  const int moved = (at_launch - kRegistersOfProducer) * producers(tile) / consumers(tile);
  return (at_launch + moved) / kRegisterUnit * kRegisterUnit;
}

int tiles_of(const TensorProduct& product, const BulkTile& tile) {
  return groups(product.rows, tile.block_m) * groups(product.n, tile.block_n);
}

class BulkProductCode {
 public:
  BulkProductCode(KernelCode& code, const TensorProduct& product, const BulkTile& tile, int grid)
      : code_(code),
        floats_(code, product.element),
        epilogue_(code, floats_, product),
        element_(product.element),
        tile_(tile),
        grid_(grid),
        across_(groups(product.n, tile.block_n)),
        tiles_(tiles_of(product, tile)),
        steps_(groups(product.k, kDepth)) {}

  void build() {
    code_.when(is(code_.thread(), 0), [&] { make_barriers(); });
    code_.barrier();
    code_.choose(
        code_.thread().below(consumers(tile_)),
        [&] {
          if (moves_registers(tile_)) set_registers(code_, true, registers_of_consumer(tile_));
          for_each_tile([&](Index first, const Place<Index>& at) { multiply(first, at); });
        },
        [&] {
          if (moves_registers(tile_)) set_registers(code_, false, kRegistersOfProducer);
          code_.when(is(code_.thread(), consumers(tile_)), [&] {
            for (int map = 0; map < kMaps; ++map) prefetch_map(code_, code_.parameter(map));
            for_each_tile([&](Index first, const Place<Index>& at) { copy(first, at); });
          });
        });
    code_.finish();
  }

 private:
  Value* is(Index index, int value) {
    return code_.ir().CreateICmpEQ(index.value(), code_.index(value).value());
  }

  void make_barriers() {
    for (int stage = 0; stage < tile_.stages; ++stage) {
      make_memory_barrier(code_, full(code_.index(stage)), 1);
      make_memory_barrier(code_, empty(code_.index(stage)), consumers(tile_) / kWarp);
    }
    show_memory_barriers(code_);
  }

  /// body(turn, place): steps of all tiles of a block are counted by turns; the tile's first one.
  template <class Body>
  void for_each_tile(const Body& body) {
    code_.loop(groups(tiles_, grid_), {}, [&](Index round, const KernelCode::Values&) {
      const Index tile = code_.block() + round * grid_;
      code_.when(tile.below(tiles_), [&] {
        body(round * steps_,
             Place<Index>{tile / across_ * tile_.block_m, tile % across_ * tile_.block_n});
      });
      return KernelCode::Values{};
    });
  }

  // Of a stage's first turn nobody has read what was before: the phase before the first one.
  void copy(Index first, const Place<Index>& at) {
    code_.loop(steps_, {}, [&](Index step, const KernelCode::Values&) {
      const Index turn = first + step;
      await_phase(code_, empty(turn), (turn / tile_.stages + 1) % 2);
      arrive_expecting(code_, full(turn), stage_bytes(tile_));
      begin_bulk_copy(code_, stage(turn), code_.parameter(0), {step * kDepth, at.row}, full(turn));
      for (int pair = 0; pair < kPairs; ++pair) copy_pairs(turn, step * kDepth, at.column, pair);
      return KernelCode::Values{};
    });
  }

  /// Of each eight columns a pair, the one that a lane's sums of one product belong to.
  void copy_pairs(Index turn, Index term, Index column, int pair) {
    Value* right = code_.at(stage(turn), left_bytes(tile_));
    begin_bulk_copy(code_, code_.at(right, std::int64_t{pair} * (right_bytes(tile_) / kPairs)),
                    code_.parameter(1), {term, code_.index(kPair * pair), column / kChunk},
                    full(turn));
  }

  void multiply(Index first, const Place<Index>& at) {
    const Index row = code_.thread() / kThreads * kWarpgroupRows;
    const Index warp_row = code_.thread() / kWarp % 4 * kProductRows;
    epilogue_.prepare(at.row + row + warp_row, kProductRows);
    const KernelCode::Values zeros(static_cast<std::size_t>(sums_of(tile_)), floats_.constant(0.0));
    const auto sums = code_.loop(steps_, zeros, [&](Index step, const KernelCode::Values& before) {
      const Index turn = first + step;
      await_phase(code_, full(turn), turn / tile_.stages % 2);
      auto begun = begin_warpgroup_product(code_, element_, tile_.block_n, columns_at_once(tile_),
                                           before, code_.at(stage(turn), row * kRowBytes),
                                           code_.at(stage(turn), left_bytes(tile_)));
      wait_for_warpgroup_products(code_, 1);
      release(turn + -1, code_.ir().CreateNot(is(step, 0)));
      return begun;
    });
    const auto finished = finish_warpgroup_products(code_, sums);
    release(first + (steps_ - 1), code_.ir().getTrue());
    epilogue_.store({at.row + row + warp_row, at.column}, kProductRows, tile_.block_n,
                    in_order_of_columns(finished));
  }

  /// The warp has multiplied the stage, if so.
  void release(Index turn, Value* if_so) {
    Value* first_lane = is(code_.thread() % kWarp, 0);
    code_.when(code_.ir().CreateAnd(first_lane, if_so), [&] { arrive(code_, empty(turn)); });
  }

  /// Products of 8 columns of a stage are all those of the first pairs, then those of the second;
  /// the epilogue takes the four pairs of 32 columns together, as output_column has them.
  KernelCode::Values in_order_of_columns(const KernelCode::Values& sums) const {
    constexpr int kOfProduct = 4;
    const std::ptrdiff_t wide = tile_.block_n / kColumnGroup;
    KernelCode::Values ordered;
    for (std::ptrdiff_t group = 0; group < wide; ++group) {
      for (std::ptrdiff_t pair = 0; pair < kPairs; ++pair) {
        const auto product = sums.begin() + kOfProduct * (pair * wide + group);
        ordered.insert(ordered.end(), product, product + kOfProduct);
      }
    }
    return ordered;
  }

  Value* stage(Index turn) {
    return code_.at(code_.shared(), turn % tile_.stages * stage_bytes(tile_));
  }
  Value* full(Index turn) { return barrier(turn, 0); }
  Value* empty(Index turn) { return barrier(turn, 1); }
  Value* barrier(Index turn, int kind) {
    const int begin = tile_.stages * (stage_bytes(tile_) + kind * kMemoryBarrierBytes);
    return code_.at(code_.at(code_.shared(), begin), turn % tile_.stages * kMemoryBarrierBytes);
  }

  KernelCode& code_;
  FloatCode floats_;
  ProductEpilogue epilogue_;
  Element element_;
  BulkTile tile_;
  int grid_, across_, tiles_, steps_;
};

MapAxis axis(int extent, int stride, int box) {
  return {static_cast<std::uint64_t>(extent), static_cast<std::uint64_t>(stride),
          static_cast<std::uint32_t>(box)};
}

/// Rows of x; rows of w, in eights.
std::vector<TensorMap> maps_of(const TensorProduct& product, const BulkTile& tile) {
  const MapAxis terms = axis(product.k, kElementBytes, kDepth);
  const int row_bytes = product.k * kElementBytes;
  return {{.axes = {terms, axis(product.rows, row_bytes, tile.block_m)}},
          {.axes = {terms, axis(kChunk, row_bytes, kPair),
                    axis(product.n / kChunk, kChunk * row_bytes, tile.block_n / kChunk)}}};
}

}  // namespace

bool is_legal(const BulkTile& tile) {
  constexpr int kMostRows = 192;  // three warpgroups; a box has 256 at most
  constexpr int kOthers = 32;     // registers of a thread that multiplies, beside its sums
  return tile.block_m >= kWarpgroupRows && tile.block_m % kWarpgroupRows == 0 &&
         tile.block_m <= kMostRows && tile.block_n >= kColumnGroup &&
         tile.block_n % kColumnGroup == 0 && tile.block_n <= 256 && tile.stages >= 2 &&
         tile.blocks >= 1 &&
         (!moves_registers(tile) || registers_of_consumer(tile) >= sums_of(tile) + kOthers);
}

int sums_of(const BulkTile& tile) { return kWarpgroupRows * tile.block_n / kThreads; }

int moved_registers(const BulkTile& tile) {
  return moves_registers(tile) ? registers_of_consumer(tile) - registers_at_launch(tile) : 0;
}

int threads_of(const BulkTile& tile) { return consumers(tile) + producers(tile); }

int registers_of(const BulkTile& tile) {
  constexpr int kOthers = 48;  // addresses
  return moves_registers(tile) ? registers_at_launch(tile) : sums_of(tile) + kOthers;
}

int shared_bytes(const BulkTile& tile) {
  return tile.stages * (stage_bytes(tile) + 2 * kMemoryBarrierBytes);
}

bool has_bulk_product(const TensorProduct& product) { return product.n % kChunk == 0; }

DeviceCode bulk_product(const TensorProduct& product, const BulkTile& tile, int multiprocessors) {
  llvm::LLVMContext context;
  const auto module = nvptx_module(context, DeviceArchitecture::sm_90a);
  const int grid = std::min(tiles_of(product, tile), tile.blocks * multiprocessors);
  KernelCode code(*module, {.entry = kEntry,
                            .pointers = ProductEpilogue::parameters(product) - kMaps,
                            .threads = threads_of(tile),
                            .blocks = tile.blocks,
                            .maps = kMaps});
  BulkProductCode(code, product, tile, grid).build();
  return {ptx(*module, DeviceArchitecture::sm_90a),
          kEntry,
          static_cast<std::uint32_t>(grid),
          static_cast<std::uint32_t>(threads_of(tile)),
          static_cast<std::uint32_t>(shared_bytes(tile)),
          maps_of(product, tile)};
}

}  // namespace vitgen::microkernels
