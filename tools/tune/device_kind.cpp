#include "tools/tune/device_kind.h"

#include <algorithm>

#include "generators/base/file.h"
#include "tools/emit/device_file.h"
#include "tools/emit/kernel_object_code.h"

namespace vitgen {

CodeFacts device_facts(const std::string& object) {
  CodeFacts facts;
  const CompiledDeviceKernel compiled = parse_device_file(read_whole(object, kMaxObjectBytes));
  for (const AssemblerReport& each : compiled.reports) {
    facts.registers = std::max(facts.registers, each.registers);
    facts.spilled_bytes = std::max(facts.spilled_bytes, each.spill_bytes);
    facts.loses_speed |= !each.losses.empty();
  }
  return facts;
}

ChildKind device_kind(Assembler assembler) {
  ChildKind kind;
  kind.on_device = true;
  kind.assembler = std::move(assembler);
  kind.facts = device_facts;
  // A driver reserves addresses for all memory of the computer and of its GPUs when it is opened,
  // terabytes of which it uses next to nothing: a limit on them would end it at once.
  kind.memory_bytes = 0;
  // Ten multiprocessors at 1 GHz with one warp each, a multiply-add of 32 threads every hundred
  // cycles, because it waits for memory: rules give them more warps. What takes longer hangs.
  kind.flops_per_second = 6e9;
  // Each child has a context of some hundred megabytes and operands of its own in the GPU's memory,
  // and they take turns on it: more of them are not quicker, and may fill it.
  kind.children = 4;
  return kind;
}

}  // namespace vitgen
