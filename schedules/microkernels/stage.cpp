#include "schedules/microkernels/stage.h"

#include <llvm/IR/IRBuilder.h>

#include "schedules/microkernels/tile_shape.h"

namespace vitgen::microkernels {

using llvm::Value;

namespace {

/// Reads of a halide_buffer_t (HalideRuntime.h of Halide 21): u64 device at 0, u8* host at 16,
/// halide_dimension_t* dim at 40; a dimension is four i32: min, extent, stride, flags.
class Buffer {
 public:
  Buffer(llvm::IRBuilder<>& ir, Value* buffer) : ir_(ir), buffer_(buffer) {}

  Value* host() const { return load(ir_.getPtrTy(), buffer_, 16); }
  Value* is_query() const {
    return ir_.CreateAnd(ir_.CreateIsNull(host()),
                         ir_.CreateIsNull(load(ir_.getInt64Ty(), buffer_, 0)));
  }
  Value* min(int dimension) const { return field(dimension, 0); }
  Value* extent(int dimension) const { return field(dimension, 4); }
  Value* stride(int dimension) const { return field(dimension, 8); }

 private:
  Value* load(llvm::Type* type, Value* pointer, int offset) const {
    return ir_.CreateLoad(
        type, ir_.CreatePtrAdd(pointer, ir_.getInt64(static_cast<std::uint64_t>(offset))));
  }
  Value* field(int dimension, int offset) const {
    Value* dimensions = load(ir_.getPtrTy(), buffer_, 40);
    return ir_.CreateSExt(load(ir_.getInt32Ty(), dimensions, 16 * dimension + offset),
                          ir_.getInt64Ty());
  }

  llvm::IRBuilder<>& ir_;
  Value* buffer_;
};

class Stage {
 public:
  Stage(llvm::Function* function, llvm::Function* product, const TileProduct& shape)
      : function_(function),
        product_(product),
        shape_(shape),
        ir_(llvm::BasicBlock::Create(function->getContext(), "entry", function)),
        a_(ir_, function->getArg(0)),
        b_(ir_, function->getArg(1)),
        c_(ir_, function->getArg(2)) {}

  void build() {
    llvm::BasicBlock* shape = block("shape");
    llvm::BasicBlock* run = block("run");
    llvm::BasicBlock* done = block("done");
    llvm::BasicBlock* wrong = block("wrong");
    Value* query = ir_.CreateOr(ir_.CreateOr(a_.is_query(), b_.is_query()), c_.is_query());
    ir_.CreateCondBr(query, done, shape);
    ir_.SetInsertPoint(shape);
    ir_.CreateCondBr(fits(), run, wrong);
    ir_.SetInsertPoint(run);
    call();
    ir_.CreateBr(done);
    ir_.SetInsertPoint(done);
    ir_.CreateRet(ir_.getInt32(0));
    ir_.SetInsertPoint(wrong);
    ir_.CreateRet(ir_.getInt32(1));
  }

 private:
  llvm::BasicBlock* block(const char* name) {
    return llvm::BasicBlock::Create(ir_.getContext(), name, function_);
  }
  Value* number(int value) { return ir_.getInt64(static_cast<std::uint64_t>(value)); }
  Value* product(Value* x, Value* y) { return ir_.CreateMul(x, y); }
  Value* bytes(Value* elements, int size) { return product(elements, number(size)); }

  Value* fits() {
    const auto equal = [&](Value* value, int wanted) {
      return ir_.CreateICmpEQ(value, number(wanted));
    };
    Value* last = ir_.CreateAdd(ir_.CreateSRem(c_.min(0), b_.extent(1)), number(shape_.columns));
    return ir_.CreateAnd({equal(c_.extent(0), shape_.columns), equal(c_.extent(1), shape_.rows),
                          equal(c_.stride(0), 1), ir_.CreateICmpSLE(last, b_.extent(1))});
  }

  void call() {
    constexpr int kBf16 = 2;
    constexpr int kF32 = 4;
    constexpr int kPairsOfStep = kTileChannels / 2;
    Value* row = ir_.CreateSub(c_.min(1), a_.min(1));
    Value* a = ir_.CreatePtrAdd(a_.host(), bytes(product(row, a_.stride(1)), kBf16));
    Value* panel = ir_.CreateSDiv(c_.min(0), b_.extent(1));
    Value* column = ir_.CreateSRem(c_.min(0), b_.extent(1));
    Value* offset = ir_.CreateAdd(product(panel, b_.stride(3)), product(column, b_.stride(1)));
    Value* b = ir_.CreatePtrAdd(b_.host(), bytes(offset, kBf16));
    ir_.CreateCall(product_,
                   {a, b, c_.host(), bytes(a_.stride(1), kBf16), bytes(a_.stride(2), kBf16),
                    bytes(b_.stride(2), kBf16), bytes(b_.stride(2), kBf16 * kPairsOfStep),
                    bytes(c_.stride(1), kF32)});
  }

  llvm::Function* function_;
  llvm::Function* product_;
  TileProduct shape_;
  llvm::IRBuilder<> ir_;
  Buffer a_, b_, c_;
};

}  // namespace

void define_tile_stage(llvm::Module& module, const std::string& symbol, llvm::Function* product,
                       const TileProduct& shape) {
  llvm::LLVMContext& context = module.getContext();
  auto* pointer = llvm::PointerType::get(context, 0);
  auto* type =
      llvm::FunctionType::get(llvm::Type::getInt32Ty(context), {pointer, pointer, pointer}, false);
  auto* function = llvm::Function::Create(type, llvm::Function::ExternalLinkage, symbol, module);
  function->setDoesNotThrow();
  Stage(function, product, shape).build();
  product->setLinkage(llvm::Function::InternalLinkage);
}

}  // namespace vitgen::microkernels
