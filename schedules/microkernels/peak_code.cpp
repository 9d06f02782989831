#include "schedules/microkernels/peak_code.h"

#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/IntrinsicsNVPTX.h>

#include "schedules/microkernels/float_code.h"
#include "schedules/microkernels/kernel_code.h"
#include "schedules/microkernels/nvptx.h"
#include "schedules/microkernels/warp_maps.h"
#include "schedules/microkernels/warpgroup_code.h"

namespace vitgen::microkernels {

using llvm::Value;

namespace {

/// A kernel of one block's shape, with the parameters of peak_code.h.
class PeakKernel {
 public:
  PeakKernel(DeviceArchitecture architecture, const std::string& entry, int threads, int blocks,
             int numbers)
      : architecture_(architecture),
        module_(nvptx_module(context_, architecture)),
        code_(*module_, {.entry = entry,
                         .pointers = 2,
                         .threads = threads,
                         .blocks = blocks,
                         .numbers = numbers}),
        result_{.ptx = {},
                .entry = entry,
                .threads = static_cast<std::uint32_t>(threads),
                .blocks = static_cast<std::uint32_t>(blocks)} {}

  KernelCode& code() { return code_; }
  Value* input() { return code_.parameter(0); }
  Index steps() { return number(0); }
  Index number(int i) { return {code_.ir(), code_.parameter(2 + i)}; }
  Index thread_of_grid() { return code_.block() * threads() + code_.thread(); }
  int threads() const { return static_cast<int>(result_.threads); }

  PeakCode finish(Value* sum, std::size_t input_bytes, double work, int shared_bytes = 0) {
    code_.store(sum, code_.at_row(code_.parameter(1), thread_of_grid(), 4), 4);
    code_.finish();
    result_.ptx = ptx(*module_, architecture_);
    result_.input_bytes = input_bytes;
    result_.work = work;
    result_.shared_bytes = static_cast<std::uint32_t>(shared_bytes);
    return result_;
  }

 private:
  llvm::LLVMContext context_;
  DeviceArchitecture architecture_;
  std::unique_ptr<llvm::Module> module_;
  KernelCode code_;
  PeakCode result_;
};

Value* total(KernelCode& code, const KernelCode::Values& sums) {
  Value* all = sums.front();
  for (std::size_t i = 1; i < sums.size(); ++i) all = code.ir().CreateFAdd(all, sums[i]);
  return all;
}

/// 16 bytes as four words.
KernelCode::Matrices load_chunk(KernelCode& code, Value* pointer) {
  llvm::IRBuilder<>& ir = code.ir();
  auto* type = llvm::FixedVectorType::get(ir.getInt32Ty(), 4);
  Value* chunk = code.load(type, pointer, kChunkBytes);
  KernelCode::Matrices words;
  for (unsigned i = 0; i < words.size(); ++i) words[i] = ir.CreateExtractElement(chunk, i);
  return words;
}

/// The same past the L1 cache, which is not what is measured.
KernelCode::Matrices load_chunk_of_l2(KernelCode& code, Value* pointer) {
  llvm::IRBuilder<>& ir = code.ir();
  const std::vector<llvm::Type*> words(4, ir.getInt32Ty());
  auto* type = llvm::FunctionType::get(llvm::StructType::get(ir.getContext(), words),
                                       {pointer->getType()}, false);
  Value* chunk =
      ir.CreateCall(type,
                    llvm::InlineAsm::get(type, "ld.global.cg.v4.b32 {$0, $1, $2, $3}, [$4];",
                                         "=r,=r,=r,=r,l", true),
                    {pointer});
  KernelCode::Matrices result;
  for (unsigned i = 0; i < result.size(); ++i) result[i] = ir.CreateExtractValue(chunk, i);
  return result;
}

}  // namespace

PeakCode multiply_add_peak() {
  constexpr int kThreads = 256, kBlocks = 4, kChains = 8;
  constexpr int kRounds = 32;  // of all chains between two branches: what these cost is under 2 %
  PeakKernel kernel(DeviceArchitecture::sm_80, "multiply_add_peak", kThreads, kBlocks, 1);
  KernelCode& code = kernel.code();
  FloatCode floats(code, Element::f16);
  const auto number = [&](int i) {
    return code.load(code.ir().getFloatTy(), code.at(kernel.input(), std::int64_t{4} * i), 4);
  };
  Value* factor = number(0);
  Value* addend = number(1);
  KernelCode::Values chains;
  for (int chain = 0; chain < kChains; ++chain) chains.push_back(number(2 + chain));
  chains = code.loop(kernel.steps(), chains, [&](Index, KernelCode::Values sums) {
    for (int round = 0; round < kRounds; ++round) {
      for (Value*& sum : sums) sum = floats.multiply_add(sum, factor, addend);
    }
    return sums;
  });
  return kernel.finish(total(code, chains), sizeof(float) * (2 + kChains),
                       2.0 * kThreads * kChains * kRounds);
}

PeakCode product_peak(Element element) {
  constexpr int kThreads = 256, kBlocks = 2;
  constexpr std::size_t kLeft = 2, kRight = 4, kProducts = kLeft * kRight;  // of a warp
  constexpr int kRounds = 4;  // of all products between two branches
  constexpr int kChunksOfLane = int{kLeft + kRight / 2};
  PeakKernel kernel(DeviceArchitecture::sm_80, "product_peak", kThreads, kBlocks, 1);
  KernelCode& code = kernel.code();
  FloatCode floats(code, element);
  std::array<KernelCode::Matrices, kChunksOfLane> chunks{};
  const Index first = code.thread() % kWarp * kChunksOfLane;
  for (int chunk = 0; chunk < kChunksOfLane; ++chunk) {
    chunks[static_cast<std::size_t>(chunk)] =
        load_chunk(code, code.at(kernel.input(), (first + chunk) * kChunkBytes));
  }
  const auto right = [&](std::size_t n) {
    const KernelCode::Matrices& two = chunks[kLeft + n / 2];
    return std::array<Value*, 2>{two[n % 2 * 2], two[n % 2 * 2 + 1]};
  };
  KernelCode::Values sums(4 * kProducts, floats.constant(0.0));
  sums = code.loop(kernel.steps(), sums, [&](Index, KernelCode::Values next) {
    for (int round = 0; round < kRounds; ++round) {
      for (std::size_t i = 0; i < kProducts; ++i) {
        std::array<Value*, 4> four{next[4 * i], next[4 * i + 1], next[4 * i + 2], next[4 * i + 3]};
        floats.add_product(four, chunks[i / kRight], right(i % kRight));
        std::copy(four.begin(), four.end(), next.begin() + static_cast<std::ptrdiff_t>(4 * i));
      }
    }
    return next;
  });
  return kernel.finish(total(code, sums), std::size_t{kWarp} * kChunksOfLane * kChunkBytes,
                       2.0 * kThreads / kWarp * kRounds * kProducts * kProductRows *
                           kProductColumns * kProductDepth);
}

PeakCode warpgroup_peak(Element element) {
  constexpr int kThreads = 128, kBlocks = 2, kColumns = 256, kDepth = 64;
  constexpr int kLeftBytes = kWarpgroupRows * kDepth * kElementBytes;
  constexpr int kBytes = kLeftBytes + kColumns * kDepth * kElementBytes;
  PeakKernel kernel(DeviceArchitecture::sm_90a, "warpgroup_peak", kThreads, kBlocks, 1);
  KernelCode& code = kernel.code();
  llvm::IRBuilder<>& ir = code.ir();
  auto* chunk = llvm::FixedVectorType::get(ir.getInt32Ty(), 4);
  for (int first = 0; first < kBytes; first += kThreads * kChunkBytes) {
    const Index place = code.thread() * kChunkBytes + first;
    code.store(code.load(chunk, code.at(kernel.input(), place), kChunkBytes),
               code.at(code.shared(), place), kChunkBytes);
  }
  code.show_to_asynchronous_readers();
  code.barrier();
  KernelCode::Values sums(kWarpgroupRows * kColumns / kThreads,
                          llvm::ConstantFP::get(ir.getFloatTy(), 0));
  sums = code.loop(kernel.steps(), sums, [&](Index, const KernelCode::Values& before) {
    const auto begun =
        begin_warpgroup_product(code, element, kColumns, kColumns, before, code.shared(),
                                code.at(code.shared(), std::int64_t{kLeftBytes}));
    wait_for_warpgroup_products(code, 1);
    return begun;
  });
  sums = finish_warpgroup_products(code, sums);
  return kernel.finish(total(code, sums), kBytes, 2.0 * kWarpgroupRows * kColumns * kDepth, kBytes);
}

PeakCode read_peak() {
  constexpr int kThreads = 256, kBlocks = 8;
  constexpr int kLoads = 4;  // in flight
  PeakKernel kernel(DeviceArchitecture::sm_80, "read_peak", kThreads, kBlocks, 2);
  KernelCode& code = kernel.code();
  llvm::IRBuilder<>& ir = code.ir();
  const Index grid(ir, code.intrinsic(llvm::Intrinsic::nvvm_read_ptx_sreg_nctaid_x, {}));
  const Index stride = grid * (kThreads * kChunkBytes);
  Value* last = kernel.number(1).value();
  KernelCode::Values carried = {(kernel.thread_of_grid() * kChunkBytes).value()};
  carried.insert(carried.end(), 4, ir.getInt32(0));
  carried = code.loop(kernel.steps(), carried, [&](Index, KernelCode::Values next) {
    std::vector<KernelCode::Matrices> chunks;
    for (int load = 0; load < kLoads; ++load) {
      const Index place(ir, ir.CreateAnd(next[0], last));
      chunks.push_back(load_chunk_of_l2(code, code.at(kernel.input(), place)));
      next[0] = (Index(ir, next[0]) + stride).value();
    }
    for (const KernelCode::Matrices& chunk : chunks) {
      for (std::size_t i = 0; i < chunk.size(); ++i) {
        next[1 + i] = ir.CreateAdd(next[1 + i], chunk[i]);
      }
    }
    return next;
  });
  Value* sum = carried[1];
  for (std::size_t i = 2; i < carried.size(); ++i) sum = ir.CreateAdd(sum, carried[i]);
  return kernel.finish(sum, kChunkBytes, double{kThreads} * kLoads * kChunkBytes);
}

}  // namespace vitgen::microkernels
