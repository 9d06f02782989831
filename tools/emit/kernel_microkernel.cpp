#include "tools/emit/kernel_microkernel.h"

#include <fstream>

#include "generators/base/file.h"
#include "schedules/microkernels/machine_code.h"
#include "schedules/microkernels/stage.h"
#include "tools/emit/kernel_object_code.h"

namespace vitgen {

namespace {

microkernels::MachineCode code_for(const Microkernel& each, const Machine& machine) try {
  if (machine.microkernel_cpu.empty()) throw std::runtime_error("it has no micro-kernels");
  const microkernels::TileProduct shape{.rows = each.rows, .k = each.k, .columns = each.panel};
  llvm::LLVMContext context;
  const auto module = microkernels::x86_module(context, each.symbol);
  llvm::Function* product = microkernels::define_tile_product(
      *module, each.symbol + "_tiles", shape, microkernels::TileUnit::instructions);
  microkernels::define_tile_stage(*module, each.symbol, product, shape);
  return microkernels::machine_code(*module, std::string(machine.microkernel_cpu), each.symbol);
} catch (const std::runtime_error& error) {
  throw Error(ExitCode::internal, "KERNEL_MICROKERNEL",
              std::string(machine.name) + ": " + error.what());
}

}  // namespace

void add_microkernels(const std::filesystem::path& object, const Algorithm& algorithm,
                      const Machine& machine) {
  if (algorithm.microkernels.empty()) return;
  std::string bytes = read_whole(object.string(), kMaxObjectBytes);
  for (const Microkernel& each : algorithm.microkernels) {
    const microkernels::MachineCode code = code_for(each, machine);
    bytes = define_in_object(bytes, each.symbol, code.bytes, code.entry, code.alignment);
  }
  std::ofstream out(object, std::ios::binary | std::ios::trunc);
  if (!(out << bytes).flush()) {
    throw Error(ExitCode::io, "IO_WRITE", object.string() + ": cannot be written");
  }
}

}  // namespace vitgen
