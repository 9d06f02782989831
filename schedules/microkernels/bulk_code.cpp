#include "schedules/microkernels/bulk_code.h"

#include <llvm/IR/InlineAsm.h>

namespace vitgen::microkernels {

using llvm::Value;

namespace {

Value* shared_address(KernelCode& code, Value* pointer) {
  return code.ir().CreatePtrToInt(pointer, code.ir().getInt32Ty());
}

Value* number(KernelCode& code, int value) { return code.index(value).value(); }

// Operands of 32 bits are "r", wider ones "l".
void statement(KernelCode& code, const std::string& text, const KernelCode::Values& operands) {
  std::string constraints;
  std::vector<llvm::Type*> types;
  for (const Value* each : operands) {
    types.push_back(each->getType());
    constraints += each->getType()->isIntegerTy(32) ? "r," : "l,";
  }
  auto* type = llvm::FunctionType::get(code.ir().getVoidTy(), types, false);
  // Convergent: some are of all threads of a warp at once.
  code.ir()
      .CreateCall(type, llvm::InlineAsm::get(type, text, constraints + "~{memory}", true), operands)
      ->setConvergent();
}

}  // namespace

void make_memory_barrier(KernelCode& code, Value* barrier, int arrivals) {
  statement(code, "mbarrier.init.shared::cta.b64 [$0], $1;",
            {shared_address(code, barrier), number(code, arrivals)});
}

void show_memory_barriers(KernelCode& code) {
  statement(code, "fence.mbarrier_init.release.cluster;", {});
}

void arrive(KernelCode& code, Value* barrier) {
  statement(code, "mbarrier.arrive.shared::cta.b64 _, [$0];", {shared_address(code, barrier)});
}

void arrive_expecting(KernelCode& code, Value* barrier, int bytes) {
  statement(code, "mbarrier.arrive.expect_tx.shared::cta.b64 _, [$0], $1;",
            {shared_address(code, barrier), number(code, bytes)});
}

// The instruction gives up after a while that the hardware chooses.
void await_phase(KernelCode& code, Value* barrier, Index parity) {
  statement(code,
            "{\n.reg .pred ended;\nwait:\n"
            "mbarrier.try_wait.parity.shared::cta.b64 ended, [$0], $1;\n"
            "@!ended bra wait;\n}",
            {shared_address(code, barrier), parity.value()});
}

void begin_bulk_copy(KernelCode& code, Value* shared, Value* map,
                     const std::vector<Index>& coordinates, Value* barrier) {
  KernelCode::Values operands = {shared_address(code, shared), map, shared_address(code, barrier)};
  std::string place;
  for (const Index& each : coordinates) {
    place += (place.empty() ? "$" : ", $") + std::to_string(operands.size());
    operands.push_back(each.value());
  }
  statement(code,
            "cp.async.bulk.tensor." + std::to_string(coordinates.size()) +
                "d.shared::cluster.global.mbarrier::complete_tx::bytes [$0], [$1, {" + place +
                "}], [$2];",
            operands);
}

void set_registers(KernelCode& code, bool gains, int count) {
  statement(code,
            std::string("setmaxnreg.") + (gains ? "inc" : "dec") + ".sync.aligned.u32 " +
                std::to_string(count) + ";",
            {});
}

void prefetch_map(KernelCode& code, Value* map) {
  statement(code, "prefetch.tensormap [$0];", {map});
}

}  // namespace vitgen::microkernels
