#include "schedules/microkernels/tensor_attention.h"

#include <limits>

#include "schedules/microkernels/float_code.h"
#include "schedules/microkernels/nvptx.h"
#include "schedules/microkernels/online_softmax.h"
#include "schedules/microkernels/row_copy.h"
#include "schedules/microkernels/warp_maps.h"

namespace vitgen::microkernels {

using llvm::Value;

namespace {

using Sums = ProductSums;
using Running = RunningSoftmax;
constexpr const char* kEntry = "tensor_attention";

int groups(int extent, int size) { return (extent + size - 1) / size; }
int queries_of(const AttentionTile& tile) { return tile.warps * kProductRows; }

class AttentionCode {
 public:
  AttentionCode(KernelCode& code, const TensorAttention& attention, const AttentionTile& tile)
      : code_(code),
        ir_(code.ir()),
        floats_(code, attention.element),
        softmax_(code, floats_, attention.factor),
        attention_(attention),
        tile_(tile),
        blocks_(groups(attention.tokens, tile.block_keys)),
        head_bytes_(shared_row_bytes(attention.head_size)),
        lane_(code.thread() % kWarp),
        head_(code.block() / query_blocks() % attention.heads),
        first_query_(code.block() % query_blocks() * queries_of(tile)) {
    Value* image = code.at_row(code.parameter(0), image_number(), row_bytes() * attention.tokens);
    first_ = code.at(image, head_ * attention.head_size * kElementBytes);
  }

  void build() {
    copy_rows(code_, rows(0), first_query_, queries_of(tile_), code_.shared(), threads_of(tile_));
    copy_keys(code_.index(0));
    arrive();
    load_queries();
    Running running = softmax_.start(attention_.head_size / kProductColumns);
    if (blocks_ > 1) {
      running = Running::from(code_.loop(
          blocks_ - 1, running.values(), [&](Index block, const KernelCode::Values& values) {
            copy_keys(block + 1);
            const Running next = add_block(block, tile_.block_keys, Running::from(values));
            arrive();
            return next.values();
          }));
    }
    const int rest = attention_.tokens - (blocks_ - 1) * tile_.block_keys;
    store(add_block(code_.index(blocks_ - 1), rest, running));
    code_.finish();
  }

 private:
  int query_blocks() const { return groups(attention_.tokens, queries_of(tile_)); }
  Index image_number() { return code_.block() / (query_blocks() * attention_.heads); }
  std::int64_t width_bytes() const {
    return std::int64_t{attention_.heads} * attention_.head_size * kElementBytes;
  }
  std::int64_t row_bytes() const { return 3 * width_bytes(); }
  int steps() const { return groups(attention_.head_size, kProductDepth); }
  std::size_t products() const {
    return static_cast<std::size_t>(attention_.head_size / kProductColumns);
  }

  /// q, k or v of this block's head and image, by number.
  HeadRows rows(int which) {
    return {code_.at(first_, which * width_bytes()), attention_.tokens, row_bytes(),
            attention_.head_size};
  }

  /// Where keys of a block lie, or, for `which` = 1, its values; two blocks take turns.
  Value* staged(Index block, int which) {
    const int bytes = tile_.block_keys * head_bytes_;
    Value* first = code_.at(code_.shared(), queries_of(tile_) * head_bytes_ + which * bytes);
    return code_.at(first, block % 2 * (2 * bytes));
  }

  void copy_keys(Index block) {
    for (const int which : {0, 1}) {
      copy_rows(code_, rows(1 + which), block * tile_.block_keys, tile_.block_keys,
                staged(block, which), threads_of(tile_));
    }
    code_.commit_copies();
  }

  /// What was begun is there, and all have read what comes next over.
  void arrive() {
    code_.wait_for_copies(0);
    code_.barrier();
  }

  KernelCode::Matrices load(Value* tile, const Place<Index>& chunk, int row, int column,
                            bool transposed = false) {
    Value* lane = code_.at(
        tile, (chunk.row * shared_row_chunks(attention_.head_size) + chunk.column) * kChunkBytes);
    const int bytes = row * head_bytes_ + column * kChunkBytes;
    return code_.load_matrices(code_.at(lane, bytes), transposed);
  }

  void load_queries() {
    const Index first_row = code_.thread() / kWarp * kProductRows;
    Value* tile = code_.at(code_.shared(), first_row * head_bytes_);
    for (int step = 0; step < steps(); ++step) {
      queries_.push_back(load(tile, left_chunk(lane_), 0, 2 * step));
    }
  }

  /// With the first `count` keys of a block.
  Running add_block(Index block, int count, Running running) {
    std::vector<Sums> scores = score(staged(block, 0), count);
    softmax_.weigh(scores, running);
    Value* values = staged(block, 1);
    for (std::size_t pair = 0; pair < scores.size(); pair += 2) {
      const std::array<Value*, 4> probs = {floats_.pack(scores[pair][0], scores[pair][1]),
                                           floats_.pack(scores[pair][2], scores[pair][3]),
                                           floats_.pack(scores[pair + 1][0], scores[pair + 1][1]),
                                           floats_.pack(scores[pair + 1][2], scores[pair + 1][3])};
      const int first_row = static_cast<int>(pair) * kProductColumns;
      for (std::size_t product = 0; product < products(); product += 2) {
        const auto two =
            load(values, transposed_right_chunk(lane_), first_row, static_cast<int>(product), true);
        floats_.add_product(running.out[product], probs, {two[0], two[1]});
        if (product + 1 == products()) break;
        floats_.add_product(running.out[product + 1], probs, {two[2], two[3]});
      }
    }
    return running;
  }

  /// Scores of `count` keys, in whole 16; of those that are not there -infinity.
  std::vector<Sums> score(Value* keys, int count) {
    Value* zero = floats_.constant(0.0);
    const int pairs = groups(count, 2 * kProductColumns);
    std::vector<Sums> scores(static_cast<std::size_t>(2 * pairs), Sums{zero, zero, zero, zero});
    for (int step = 0; step < steps(); ++step) {
      for (int pair = 0; pair < pairs; ++pair) {
        const auto two = load(keys, right_chunk(lane_), pair * 2 * kProductColumns, 2 * step);
        const auto& left = queries_[static_cast<std::size_t>(step)];
        const auto first = static_cast<std::size_t>(2 * pair);
        floats_.add_product(scores[first], left, {two[0], two[1]});
        floats_.add_product(scores[first + 1], left, {two[2], two[3]});
      }
    }
    Value* lowest = floats_.constant(-std::numeric_limits<double>::infinity());
    for (std::size_t n = static_cast<std::size_t>(count / kProductColumns); n < scores.size();
         ++n) {
      for (std::size_t s = 0; s < 4; ++s) {
        const Index key =
            sum_place(lane_, static_cast<int>(s)).column + static_cast<int>(n) * kProductColumns;
        scores[n][s] = ir_.CreateSelect(key.below(count), scores[n][s], lowest);
      }
    }
    return scores;
  }

  void store(const Running& running) {
    Value* image =
        code_.at_row(code_.parameter(1), image_number(), width_bytes() * attention_.tokens);
    const Index channel = head_ * attention_.head_size + sum_place(lane_, 0).column;
    Value* first = code_.at(image, channel * kElementBytes);
    for (std::size_t row = 0; row < kRowsOfLane; ++row) {
      Value* inverse = softmax_.inverse_sum(running, row);
      const Index query = first_query_ + code_.thread() / kWarp * kProductRows +
                          sum_place(lane_, static_cast<int>(2 * row)).row;
      code_.when(query.below(attention_.tokens), [&] {
        Value* where = code_.at_row(first, query, width_bytes());
        for (std::size_t product = 0; product < products(); ++product) {
          const Sums& out = running.out[product];
          Value* pair = floats_.pack(ir_.CreateFMul(out[2 * row], inverse),
                                     ir_.CreateFMul(out[2 * row + 1], inverse));
          const auto bytes = static_cast<std::int64_t>(product) * kProductColumns * kElementBytes;
          code_.store(pair, code_.at(where, bytes), 2 * kElementBytes);
        }
      });
    }
  }

  KernelCode& code_;
  llvm::IRBuilder<>& ir_;
  FloatCode floats_;
  OnlineSoftmax softmax_;
  TensorAttention attention_;
  AttentionTile tile_;
  int blocks_, head_bytes_;
  Index lane_, head_, first_query_;
  Value* first_ = nullptr;
  std::vector<KernelCode::Matrices> queries_;
};

}  // namespace

bool is_legal(const AttentionTile& tile) {
  return tile.warps >= 1 && tile.blocks >= 1 && tile.block_keys >= 16 && tile.block_keys % 16 == 0;
}

int threads_of(const AttentionTile& tile) { return tile.warps * kWarp; }

int shared_bytes(const TensorAttention& attention, const AttentionTile& tile) {
  return (queries_of(tile) + 4 * tile.block_keys) * shared_row_bytes(attention.head_size);
}

DeviceCode tensor_attention(const TensorAttention& attention, const AttentionTile& tile) {
  llvm::LLVMContext context;
  const auto module = nvptx_module(context, DeviceArchitecture::sm_80);
  KernelCode code(*module, {kEntry, 2, threads_of(tile), tile.blocks});
  AttentionCode(code, attention, tile).build();
  const int blocks = groups(attention.tokens, queries_of(tile)) * attention.heads * attention.batch;
  return {ptx(*module, DeviceArchitecture::sm_80), kEntry, static_cast<std::uint32_t>(blocks),
          static_cast<std::uint32_t>(threads_of(tile)),
          static_cast<std::uint32_t>(shared_bytes(attention, tile))};
}

}  // namespace vitgen::microkernels
