#include "schedules/microkernels/tile_product.h"

#include <algorithm>
#include <array>
#include <functional>

#include "schedules/microkernels/tile_shape.h"

namespace vitgen::microkernels {

using llvm::Value;

namespace {

constexpr int kFirstA = 4;
constexpr int kFirstB = 6;

class Builder {
 public:
  Builder(llvm::Function* function, const TileProduct& shape, TileUnit unit)
      : function_(function),
        shape_(shape),
        unit_(unit),
        ir_(llvm::BasicBlock::Create(function->getContext(), "entry", function)),
        a_(function->getArg(0)),
        b_(function->getArg(1)),
        c_(function->getArg(2)),
        a_row_(function->getArg(3)),
        a_step_(function->getArg(4)),
        b_row_(function->getArg(5)),
        b_step_(function->getArg(6)),
        c_row_(function->getArg(7)) {}

  void build() {
    constexpr int kBlock = 2 * kTileRows;
    const int blocks = shape_.rows / kBlock;
    const int rest = shape_.rows % kBlock;
    // On the stack, not a constant: the code then needs no relocation.
    config_ = ir_.CreateAlloca(llvm::ArrayType::get(ir_.getInt64Ty(), 8));
    if (blocks > 0) {
      configure({kTileRows, kTileRows});
      loop("rows", blocks, [&](Value* block) {
        Value* first = ir_.CreateMul(block, ir_.getInt64(kBlock));
        row_block(first, 2);
      });
    }
    if (rest > 0) {
      configure({std::min(rest, kTileRows), std::max(rest - kTileRows, 1)});
      row_block(i64(blocks * kBlock), rest > kTileRows ? 2 : 1);
    }
    tile("tilerelease", {});
    ir_.CreateRetVoid();
  }

 private:
  /// Rows of the upper and lower tile of sums; tiles of a have the same, tiles of b 16.
  using TileRows = std::array<int, 2>;

  // Layout of the 64 bytes: Intel SDM volume 1, table 18-2 (palette 1).
  void configure(const TileRows& rows) {
    std::array<std::uint8_t, 64> bytes{};
    bytes[0] = 1;
    for (std::size_t t = 0; t < 8; ++t) {
      bytes[16 + 2 * t] = kTileBytes;
      const bool is_b = t >= kFirstB;
      const std::size_t lower = t < kFirstA ? t / 2 : t - kFirstA;
      bytes[48 + t] = static_cast<std::uint8_t>(is_b ? kTileRows : rows[lower]);
    }
    for (std::size_t word = 0; word < 8; ++word) {
      std::uint64_t value = 0;
      for (std::size_t byte = 8; byte-- > 0;) value = value << 8 | bytes[8 * word + byte];
      // Volatile: stores merged into a vector would bring a constant pool.
      ir_.CreateStore(ir_.getInt64(value), at(config_, ir_.getInt64(8 * word)), true);
    }
    tile("ldtilecfg", {config_});
  }

  /// All columns of one or two tiles of rows.
  void row_block(Value* first_row, int tiles_high) {
    Value* a = at(a_, ir_.CreateMul(first_row, a_row_));
    Value* c = at(c_, ir_.CreateMul(first_row, c_row_));
    const int tiles = shape_.columns / kTileColumns;
    for (int j = 0; j < tiles; j += 2) {
      Value* column = i64(j * kTileBytes);
      sums(a, at(b_, column), at(c, column), tiles_high, std::min(2, tiles - j));
    }
  }

  void sums(Value* a, Value* b, Value* c, int high, int wide) {
    for_each_sum(high, wide, [&](int sum, int, int) { tile("tilezero", {number(sum)}); });
    loop("k", shape_.k / kTileChannels, [&](Value* step) {
      Value* a_tile = at(a, ir_.CreateMul(step, a_step_));
      Value* b_tile = at(b, ir_.CreateMul(step, b_step_));
      for (int x = 0; x < wide; ++x) {
        tile("tileloadd64", {number(kFirstB + x), at(b_tile, i64(x * kTileBytes)), b_row_});
      }
      for (int y = 0; y < high; ++y) {
        tile("tileloadd64", {number(kFirstA + y), rows_below(a_tile, y, a_row_), a_row_});
      }
      for_each_sum(high, wide, [&](int sum, int y, int x) {
        tile("tdpbf16ps", {number(sum), number(kFirstA + y), number(kFirstB + x)});
      });
    });
    for_each_sum(high, wide, [&](int sum, int y, int x) {
      Value* corner = at(rows_below(c, y, c_row_), i64(x * kTileBytes));
      tile("tilestored64", {number(sum), corner, c_row_});
    });
  }

  template <class Body>
  static void for_each_sum(int high, int wide, const Body& body) {
    for (int y = 0; y < high; ++y) {
      for (int x = 0; x < wide; ++x) body(2 * y + x, y, x);
    }
  }

  Value* rows_below(Value* pointer, int tiles, Value* stride) {
    return tiles == 0 ? pointer : at(pointer, ir_.CreateMul(stride, i64(tiles * kTileRows)));
  }

  void loop(const char* name, int count, const std::function<void(Value*)>& body) {
    llvm::BasicBlock* before = ir_.GetInsertBlock();
    auto* head = llvm::BasicBlock::Create(ir_.getContext(), name, function_);
    auto* after = llvm::BasicBlock::Create(ir_.getContext(), "", function_);
    ir_.CreateBr(head);
    ir_.SetInsertPoint(head);
    llvm::PHINode* index = ir_.CreatePHI(ir_.getInt64Ty(), 2);
    index->addIncoming(ir_.getInt64(0), before);
    body(index);
    Value* next = ir_.CreateAdd(index, ir_.getInt64(1));
    index->addIncoming(next, ir_.GetInsertBlock());
    ir_.CreateCondBr(ir_.CreateICmpULT(next, ir_.getInt64(static_cast<std::uint64_t>(count))), head,
                     after);
    ir_.SetInsertPoint(after);
  }

  Value* at(Value* pointer, Value* bytes) { return ir_.CreatePtrAdd(pointer, bytes); }
  Value* i64(int n) { return ir_.getInt64(static_cast<std::uint64_t>(n)); }
  Value* number(int t) { return ir_.getInt8(static_cast<std::uint8_t>(t)); }
  void tile(std::string_view instruction, llvm::ArrayRef<Value*> arguments) {
    emit_tile(ir_, unit_, instruction, arguments);
  }

  llvm::Function* function_;
  TileProduct shape_;
  TileUnit unit_;
  llvm::IRBuilder<> ir_;
  Value *a_, *b_, *c_, *a_row_, *a_step_, *b_row_, *b_step_, *c_row_;
  Value* config_ = nullptr;
};

}  // namespace

llvm::Function* define_tile_product(llvm::Module& module, const std::string& name,
                                    const TileProduct& shape, TileUnit unit) {
  llvm::LLVMContext& context = module.getContext();
  auto* pointer = llvm::PointerType::get(context, 0);
  auto* stride = llvm::Type::getInt64Ty(context);
  auto* type = llvm::FunctionType::get(
      llvm::Type::getVoidTy(context),
      {pointer, pointer, pointer, stride, stride, stride, stride, stride}, false);
  auto* function = llvm::Function::Create(type, llvm::Function::ExternalLinkage, name, module);
  function->setDoesNotThrow();
  Builder(function, shape, unit).build();
  return function;
}

}  // namespace vitgen::microkernels
