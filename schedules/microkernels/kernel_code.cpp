#include "schedules/microkernels/kernel_code.h"

#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/IntrinsicsNVPTX.h>

namespace vitgen::microkernels {

using llvm::Value;
namespace Intrinsic = llvm::Intrinsic;

namespace {

constexpr unsigned kGlobal = 1;
constexpr unsigned kShared = 3;
// CUtensorMap of cuda.h.
constexpr std::uint64_t kMapBytes = 128;
constexpr std::uint64_t kMapAlignment = 64;

llvm::Metadata* constant(llvm::LLVMContext& context, int value) {
  return llvm::ConstantAsMetadata::get(
      llvm::ConstantInt::get(llvm::Type::getInt32Ty(context), static_cast<std::uint64_t>(value)));
}

void annotate(llvm::Function* function, const char* word, llvm::Metadata* value) {
  llvm::LLVMContext& context = function->getContext();
  function->getParent()
      ->getOrInsertNamedMetadata("nvvm.annotations")
      ->addOperand(llvm::MDNode::get(context, {llvm::ValueAsMetadata::get(function),
                                               llvm::MDString::get(context, word), value}));
}

// A tensor map is passed by its bytes and stays where parameters lie: copies find it there.
void make_map(llvm::Function* function, unsigned number) {
  llvm::LLVMContext& context = function->getContext();
  auto* bytes = llvm::ArrayType::get(llvm::Type::getInt8Ty(context), kMapBytes);
  function->addParamAttr(number, llvm::Attribute::getWithByValType(context, bytes));
  function->addParamAttr(number,
                         llvm::Attribute::getWithAlignment(context, llvm::Align(kMapAlignment)));
}

/// By their numbers, from 1 on.
void annotate_constants(llvm::Function* function, int count) {
  llvm::LLVMContext& context = function->getContext();
  std::vector<llvm::Metadata*> numbers;
  for (int i = 1; i <= count; ++i) numbers.push_back(constant(context, i));
  annotate(function, "grid_constant", llvm::MDNode::get(context, numbers));
}

llvm::Function* kernel_function(llvm::Module& module, const KernelOutline& outline) {
  llvm::LLVMContext& context = module.getContext();
  const auto maps = static_cast<unsigned>(outline.maps);
  std::vector<llvm::Type*> types(maps, llvm::PointerType::get(context, 0));
  const unsigned pointers = maps + static_cast<unsigned>(outline.pointers);
  types.resize(pointers, llvm::PointerType::get(context, kGlobal));
  types.resize(pointers + static_cast<unsigned>(outline.numbers), llvm::Type::getInt32Ty(context));
  auto* type = llvm::FunctionType::get(llvm::Type::getVoidTy(context), types, false);
  auto* function =
      llvm::Function::Create(type, llvm::Function::ExternalLinkage, outline.entry, module);
  for (unsigned i = 0; i < types.size(); ++i) {
    if (i < maps) {
      make_map(function, i);
    } else if (i < pointers) {
      function->addParamAttr(i, llvm::Attribute::NoAlias);
    }
  }
  annotate(function, "kernel", constant(context, 1));
  annotate(function, "maxntidx", constant(context, outline.threads));
  annotate(function, "minctasm", constant(context, outline.blocks));
  if (outline.maps > 0) annotate_constants(function, outline.maps);
  return function;
}

/// The memory whose size the launch names. A matrix of wgmma begins at a multiple of 1024 bytes.
Value* dynamic_shared(llvm::Module& module) {
  auto* type = llvm::ArrayType::get(llvm::Type::getInt8Ty(module.getContext()), 0);
  auto* memory = new llvm::GlobalVariable(module, type, false, llvm::GlobalValue::ExternalLinkage,
                                          nullptr, "shared_memory", nullptr,
                                          llvm::GlobalValue::NotThreadLocal, kShared);
  memory->setAlignment(llvm::Align(1024));
  return memory;
}

}  // namespace

KernelCode::KernelCode(llvm::Module& module, const KernelOutline& outline)
    : function_(kernel_function(module, outline)),
      ir_(llvm::BasicBlock::Create(module.getContext(), "entry", function_)),
      thread_(ir_, intrinsic(Intrinsic::nvvm_read_ptx_sreg_tid_x, {})),
      block_(ir_, intrinsic(Intrinsic::nvvm_read_ptx_sreg_ctaid_x, {})),
      shared_(dynamic_shared(module)) {}

Value* KernelCode::parameter(int number) {
  return function_->getArg(static_cast<unsigned>(number));
}

Value* KernelCode::at(Value* pointer, Index bytes) {
  return ir_.CreatePtrAdd(pointer, ir_.CreateZExt(bytes.value(), ir_.getInt64Ty()));
}

Value* KernelCode::at(Value* pointer, std::int64_t bytes) {
  return ir_.CreatePtrAdd(pointer, ir_.getInt64(static_cast<std::uint64_t>(bytes)));
}

Value* KernelCode::at_row(Value* pointer, Index row, std::int64_t row_bytes) {
  Value* wide = ir_.CreateZExt(row.value(), ir_.getInt64Ty());
  return ir_.CreatePtrAdd(pointer,
                          ir_.CreateMul(wide, ir_.getInt64(static_cast<std::uint64_t>(row_bytes))));
}

Value* KernelCode::load(llvm::Type* type, Value* pointer, int alignment) {
  return ir_.CreateAlignedLoad(type, pointer, llvm::Align(static_cast<std::uint64_t>(alignment)));
}

void KernelCode::store(Value* value, Value* pointer, int alignment) {
  ir_.CreateAlignedStore(value, pointer, llvm::Align(static_cast<std::uint64_t>(alignment)));
}

void KernelCode::when(Value* condition, const std::function<void()>& body) {
  auto* then = llvm::BasicBlock::Create(ir_.getContext(), "", function_);
  auto* after = llvm::BasicBlock::Create(ir_.getContext(), "", function_);
  ir_.CreateCondBr(condition, then, after);
  ir_.SetInsertPoint(then);
  body();
  ir_.CreateBr(after);
  ir_.SetInsertPoint(after);
}

KernelCode::Values KernelCode::loop(Index steps, const Values& carried,
                                    const std::function<Values(Index, const Values&)>& body) {
  llvm::BasicBlock* before = ir_.GetInsertBlock();
  auto* head = llvm::BasicBlock::Create(ir_.getContext(), "", function_);
  auto* after = llvm::BasicBlock::Create(ir_.getContext(), "", function_);
  ir_.CreateBr(head);
  ir_.SetInsertPoint(head);
  llvm::PHINode* step = ir_.CreatePHI(ir_.getInt32Ty(), 2);
  step->addIncoming(ir_.getInt32(0), before);
  Values current;
  for (Value* value : carried) {
    llvm::PHINode* phi = ir_.CreatePHI(value->getType(), 2);
    phi->addIncoming(value, before);
    current.push_back(phi);
  }
  const Values next = body({ir_, step}, current);
  Value* following = ir_.CreateAdd(step, ir_.getInt32(1));
  step->addIncoming(following, ir_.GetInsertBlock());
  for (std::size_t i = 0; i < current.size(); ++i) {
    llvm::cast<llvm::PHINode>(current[i])->addIncoming(next[i], ir_.GetInsertBlock());
  }
  ir_.CreateCondBr(Index(ir_, following).below(steps), head, after);
  ir_.SetInsertPoint(after);
  return next;
}

llvm::CallInst* KernelCode::intrinsic(Intrinsic::ID id, llvm::ArrayRef<Value*> arguments,
                                      llvm::ArrayRef<llvm::Type*> types) {
  return ir_.CreateCall(Intrinsic::getDeclaration(function_->getParent(), id, types), arguments);
}

void KernelCode::barrier() { intrinsic(Intrinsic::nvvm_barrier0, {}); }

void KernelCode::copy_chunk(Value* shared, Value* global, Value* bytes) {
  if (bytes) {
    intrinsic(Intrinsic::nvvm_cp_async_cg_shared_global_16_s, {shared, global, bytes});
  } else {
    intrinsic(Intrinsic::nvvm_cp_async_cg_shared_global_16, {shared, global});
  }
}

void KernelCode::commit_copies() { intrinsic(Intrinsic::nvvm_cp_async_commit_group, {}); }

void KernelCode::wait_for_copies(int groups_in_flight) {
  intrinsic(Intrinsic::nvvm_cp_async_wait_group,
            {ir_.getInt32(static_cast<std::uint32_t>(groups_in_flight))});
}

// Of shared memory only: for all of memory the assembler adds a barrier of the whole GPU.
void KernelCode::show_to_asynchronous_readers() {
  auto* type = llvm::FunctionType::get(ir_.getVoidTy(), false);
  ir_.CreateCall(llvm::InlineAsm::get(type, "fence.proxy.async.shared::cta;", "~{memory}", true));
}

KernelCode::Matrices KernelCode::load_matrices(Value* chunk, bool transposed) {
  llvm::CallInst* loaded =
      intrinsic(transposed ? Intrinsic::nvvm_ldmatrix_sync_aligned_m8n8_x4_trans_b16
                           : Intrinsic::nvvm_ldmatrix_sync_aligned_m8n8_x4_b16,
                {chunk}, {chunk->getType()});
  Matrices matrices;
  for (unsigned i = 0; i < matrices.size(); ++i) {
    matrices[i] = ir_.CreateExtractValue(loaded, i);
  }
  return matrices;
}

Value* KernelCode::shuffle(Value* value, int mask) {
  constexpr std::uint32_t kAllLanes = 0xffffffff;
  constexpr std::uint32_t kWholeWarp = 0x1f;  // clamp: no segments
  return intrinsic(Intrinsic::nvvm_shfl_sync_bfly_f32,
                   {ir_.getInt32(kAllLanes), value, ir_.getInt32(static_cast<std::uint32_t>(mask)),
                    ir_.getInt32(kWholeWarp)});
}

}  // namespace vitgen::microkernels
