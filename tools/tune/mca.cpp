#include "tools/tune/mca.h"

#include <llvm/MCA/Context.h>
#include <llvm/MCA/CustomBehaviour.h>
#include <llvm/MCA/InstrBuilder.h>
#include <llvm/MCA/Pipeline.h>
#include <llvm/MCA/SourceMgr.h>

namespace vitgen {

namespace mca = llvm::mca;

namespace {

constexpr unsigned kIterations = 100;  // the first few fill the pipeline
constexpr unsigned kCallCycles = 100;  // what llvm-mca assumes of a call
constexpr unsigned kOfTheCpu = 0;      // in PipelineOptions: what the CPU's model says
constexpr bool kStoresAliasNoLoads = true;

}  // namespace

double loop_cycles(const TargetCode& code, std::span<const CodeLine> body) {
  if (body.empty() || !code.subtarget->getSchedModel().hasInstrSchedModel()) return 0;
  // The instructions refer to descriptions that their builder owns, so it lives as long as they do.
  mca::InstrumentManager instruments(*code.subtarget, *code.instructions);
  mca::InstrBuilder builder(*code.subtarget, *code.instructions, *code.registers,
                            code.analysis.get(), instruments, kCallCycles);
  llvm::SmallVector<std::unique_ptr<mca::Instruction>> sequence;
  for (const CodeLine& line : body) {
    auto built = builder.createInstruction(line.inst, {});
    if (!built) {
      llvm::consumeError(built.takeError());
      return 0;
    }
    sequence.push_back(std::move(*built));
  }
  mca::CircularSourceMgr source(sequence, kIterations);
  mca::CustomBehaviour behaviour(*code.subtarget, source, *code.instructions);
  mca::Context context(*code.registers, *code.subtarget);
  const mca::PipelineOptions options(kOfTheCpu, kOfTheCpu, kOfTheCpu, kOfTheCpu, kOfTheCpu,
                                     kOfTheCpu, kStoresAliasNoLoads);
  const std::unique_ptr<mca::Pipeline> pipeline =
      context.createDefaultPipeline(options, source, behaviour);
  auto cycles = pipeline->run();
  if (!cycles) {
    llvm::consumeError(cycles.takeError());
    return 0;
  }
  return static_cast<double>(*cycles) / kIterations;
}

}  // namespace vitgen
