#include "tools/tune/host_kind.h"

#include "generators/base/file.h"
#include "tools/emit/kernel_object_code.h"

namespace vitgen {

ChildKind host_kind(std::string cpu) {
  ChildKind kind;
  kind.facts = [cpu = std::move(cpu)](const std::string& object) {
    return code_facts(read_whole(object, kMaxObjectBytes), cpu);
  };
  // The program with LLVM and Halide maps half a gigabyte.
  kind.memory_bytes = std::uint64_t{3} << 30;
  // Fallback reaches a tenth of this and a busy machine halves it; what takes longer hangs.
  kind.flops_per_second = 1e8;
  return kind;
}

}  // namespace vitgen
