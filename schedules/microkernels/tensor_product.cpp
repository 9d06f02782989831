#include "schedules/microkernels/tensor_product.h"

#include "schedules/microkernels/nvptx.h"
#include "schedules/microkernels/product_epilogue.h"
#include "schedules/microkernels/tile_ring.h"
#include "schedules/microkernels/warp_maps.h"

namespace vitgen::microkernels {

using llvm::Value;

namespace {

constexpr const char* kEntry = "tensor_product";

int groups(int extent, int size) { return (extent + size - 1) / size; }
RingShape ring_of(const TensorTile& tile) {
  return {tile.block_m, tile.block_n, tile.block_k, tile.stages, threads_of(tile)};
}

class ProductCode {
 public:
  ProductCode(KernelCode& code, const TensorProduct& product, const TensorTile& tile)
      : code_(code),
        floats_(code, product.element),
        epilogue_(code, floats_, product),
        tile_(tile),
        warp_m_(tile.block_m / tile.warps_m),
        warp_n_(tile.block_n / tile.warps_n),
        lane_(code.thread() % kWarp),
        warp_row_(code.thread() / kWarp % tile.warps_m * warp_m_),
        warp_column_(code.thread() / kWarp / tile.warps_m * warp_n_),
        first_row_(code.block() / groups(product.n, tile.block_n) * tile.block_m),
        first_column_(code.block() % groups(product.n, tile.block_n) * tile.block_n),
        ring_(code, ring_of(tile), {code.parameter(0), product.rows, product.k}, first_row_,
              {code.parameter(1), product.n, product.k}, first_column_) {}

  void build() {
    find_chunks();
    ring_.begin();
    epilogue_.prepare(first_row_ + warp_row_, warp_m_);
    const KernelCode::Values zeros(static_cast<std::size_t>(warp_m_ * warp_n_ / kWarp),
                                   floats_.constant(0.0));
    const auto sums =
        code_.loop(ring_.steps(), zeros, [&](Index step, const KernelCode::Values& before) {
          return add_step(ring_.take(step), before);
        });
    epilogue_.store({first_row_ + warp_row_, first_column_ + warp_column_}, warp_m_, warp_n_, sums);
    code_.finish();
  }

 private:
  using Left = std::vector<std::array<Value*, 4>>;
  using Right = std::vector<std::array<Value*, 2>>;

  /// Where this lane's chunks of the first rows lie in a stage, for each 16 terms.
  void find_chunks() {
    const int chunks = tile_.block_k / kChunk;
    const auto left = left_chunk(lane_);
    const auto right = right_chunk(lane_);
    for (int first = 0; first < chunks; first += kProductDepth / kChunk) {
      left_chunks_.push_back(shared_chunk(warp_row_ + left.row, left.column + first, chunks) *
                             kChunkBytes);
      right_chunks_.push_back(shared_chunk(warp_column_ + right.row, right.column + first, chunks) *
                              kChunkBytes);
    }
  }

  KernelCode::Values add_step(Value* tile, const KernelCode::Values& sums) {
    KernelCode::Values result = sums;
    Left left = load_left(tile, 0);
    Right right = load_right(tile, 0);
    for (std::size_t depth = 1; depth <= left_chunks_.size(); ++depth) {
      const bool last = depth == left_chunks_.size();
      Left next_left = last ? left : load_left(tile, depth);
      Right next_right = last ? right : load_right(tile, depth);
      add_products(result, left, right);
      left = std::move(next_left);
      right = std::move(next_right);
    }
    return result;
  }

  Left load_left(Value* tile, std::size_t depth) {
    Left factors;
    Value* first = code_.at(tile, left_chunks_[depth]);
    for (int row = 0; row < warp_m_; row += kProductRows) {
      factors.push_back(code_.load_matrices(code_.at(first, row_bytes(row))));
    }
    return factors;
  }

  Right load_right(Value* tile, std::size_t depth) {
    Right factors;
    Value* first = code_.at(code_.at(tile, left_bytes(ring_of(tile_))), right_chunks_[depth]);
    for (int row = 0; row < warp_n_; row += 2 * kProductColumns) {
      const auto both = code_.load_matrices(code_.at(first, row_bytes(row)));
      factors.push_back({both[0], both[1]});
      factors.push_back({both[2], both[3]});
    }
    return factors;
  }
  std::int64_t row_bytes(int rows) const {
    return std::int64_t{rows} * tile_.block_k * kElementBytes;
  }

  void add_products(KernelCode::Values& sums, const Left& left, const Right& right) {
    for (std::size_t m = 0; m < left.size(); ++m) {
      for (std::size_t n = 0; n < right.size(); ++n) {
        const std::size_t first = 4 * (m * right.size() + n);
        std::array<Value*, 4> four{sums[first], sums[first + 1], sums[first + 2], sums[first + 3]};
        floats_.add_product(four, left[m], right[n]);
        std::copy(four.begin(), four.end(), sums.begin() + static_cast<std::ptrdiff_t>(first));
      }
    }
  }

  KernelCode& code_;
  FloatCode floats_;
  ProductEpilogue epilogue_;
  TensorTile tile_;
  int warp_m_, warp_n_;
  Index lane_, warp_row_, warp_column_, first_row_, first_column_;
  TileRing ring_;
  std::vector<Index> left_chunks_, right_chunks_;
};

}  // namespace

bool is_legal(const TensorTile& tile) {
  if (tile.block_k != 32 && tile.block_k != 64) return false;
  if (tile.warps_m < 1 || tile.warps_n < 1 || tile.stages < 2 || tile.blocks < 1) return false;
  const int rows_at_once = threads_of(tile) / (tile.block_k / kChunk);
  return tile.block_m > 0 && tile.block_n > 0 &&
         tile.block_m % (tile.warps_m * kProductRows) == 0 &&
         tile.block_n % (tile.warps_n * kColumnGroup) == 0 && tile.block_m % rows_at_once == 0 &&
         tile.block_n % rows_at_once == 0;
}

int threads_of(const TensorTile& tile) { return tile.warps_m * tile.warps_n * kWarp; }

int sums_of(const TensorTile& tile) { return tile.block_m * tile.block_n / threads_of(tile); }

// Beside its sums a thread has addresses and the factors of two steps of 16 terms.
int registers_of(const TensorTile& tile) {
  constexpr int kOthers = 64;
  return sums_of(tile) + kOthers;
}

int shared_bytes(const TensorTile& tile) { return tile.stages * stage_bytes(ring_of(tile)); }

DeviceCode tensor_product(const TensorProduct& product, const TensorTile& tile) {
  llvm::LLVMContext context;
  const auto module = nvptx_module(context, DeviceArchitecture::sm_80);
  const int threads = threads_of(tile);
  KernelCode code(*module, {kEntry, ProductEpilogue::parameters(product), threads, tile.blocks});
  ProductCode(code, product, tile).build();
  const int blocks = groups(product.rows, tile.block_m) * groups(product.n, tile.block_n);
  return {ptx(*module, DeviceArchitecture::sm_80), kEntry, static_cast<std::uint32_t>(blocks),
          static_cast<std::uint32_t>(threads), static_cast<std::uint32_t>(shared_bytes(tile))};
}

}  // namespace vitgen::microkernels
