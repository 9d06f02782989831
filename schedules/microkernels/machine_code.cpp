#include "schedules/microkernels/machine_code.h"

#include <llvm-c/Target.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Verifier.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Object/ELFObjectFile.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>

#include <stdexcept>

namespace vitgen::microkernels {

namespace {

namespace object = llvm::object;

constexpr const char* kTriple = "x86_64-unknown-linux-gnu";

template <class T>
T value_of(llvm::Expected<T> value) {
  if (!value) throw std::runtime_error("micro-kernel: " + llvm::toString(value.takeError()));
  return std::move(*value);
}

std::unique_ptr<llvm::TargetMachine> target_machine(const std::string& cpu) {
  LLVMInitializeX86TargetInfo();
  LLVMInitializeX86Target();
  LLVMInitializeX86TargetMC();
  LLVMInitializeX86AsmPrinter();
  std::string error;
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget(kTriple, error);
  if (!target) throw std::runtime_error("micro-kernel: " + error);
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      kTriple, cpu, "", {}, llvm::Reloc::PIC_, std::nullopt, llvm::CodeGenOptLevel::Aggressive));
}

std::string compile(llvm::Module& module, const std::string& cpu, llvm::CodeGenFileType kind) {
  const auto machine = target_machine(cpu);
  module.setDataLayout(machine->createDataLayout());
  std::string problem;
  llvm::raw_string_ostream problems(problem);
  if (llvm::verifyModule(module, &problems)) throw std::runtime_error("micro-kernel: " + problem);
  llvm::SmallVector<char, 0> out;
  llvm::raw_svector_ostream stream(out);
  llvm::legacy::PassManager passes;
  if (machine->addPassesToEmitFile(passes, stream, nullptr, kind)) {
    throw std::runtime_error("micro-kernel: no code of this kind for " + cpu);
  }
  passes.run(module);
  return {out.data(), out.size()};
}

object::SectionRef text_section(const object::ObjectFile& file) {
  for (const object::SectionRef& section : file.sections()) {
    for (const object::SectionRef& about : file.sections()) {
      const bool relocates = about.relocation_begin() != about.relocation_end();
      const auto relocated = value_of(about.getRelocatedSection());
      if (relocates && relocated == section && section.isText()) {
        throw std::runtime_error("micro-kernel: its code needs a relocation");
      }
    }
  }
  for (const object::SectionRef& section : file.sections()) {
    if (section.isText() && section.getSize() > 0) return section;
  }
  throw std::runtime_error("micro-kernel: no code");
}

}  // namespace

std::unique_ptr<llvm::Module> x86_module(llvm::LLVMContext& context, const std::string& name) {
  auto module = std::make_unique<llvm::Module>(name, context);
  module->setTargetTriple(kTriple);
  return module;
}

MachineCode machine_code(llvm::Module& module, const std::string& cpu, const std::string& symbol) {
  const std::string bytes = compile(module, cpu, llvm::CodeGenFileType::ObjectFile);
  const auto file =
      value_of(object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(bytes, symbol)));
  const object::SectionRef text = text_section(*file);
  for (const object::SymbolRef& each : file->symbols()) {
    if (value_of(each.getName()) != symbol) continue;
    return {value_of(text.getContents()).str(), value_of(each.getValue()),
            text.getAlignment().value()};
  }
  throw std::runtime_error("micro-kernel: no symbol " + symbol);
}

std::string assembly(llvm::Module& module, const std::string& cpu) {
  return compile(module, cpu, llvm::CodeGenFileType::AssemblyFile);
}

}  // namespace vitgen::microkernels
