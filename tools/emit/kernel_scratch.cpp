#include "tools/emit/kernel_scratch.h"

#include <algorithm>

#include "generators/base/error.h"
#include "runtime/table.h"

namespace vitgen {

namespace {

using Halide::Internal::Allocate;
using Halide::Internal::IRVisitor;

// The runtime's arena rounds each request up.
constexpr std::uint64_t kRounding = VITGEN_ALIGNMENT;
// Constant allocations up to this size are put on the stack by Halide (CodeGen_Posix).
constexpr std::uint64_t kStackLimit = 16 * 1024;

class HeapPeak : public IRVisitor {
 public:
  explicit HeapPeak(const Halide::Target& target)
      : padding_(static_cast<std::uint64_t>(target.natural_vector_size<float>()) * sizeof(float)) {}
  std::uint64_t peak() const { return peak_; }

 private:
  using IRVisitor::visit;
  void visit(const Allocate* op) override {
    const std::uint64_t bytes = heap_bytes(*op);
    alive_ += bytes;
    peak_ = std::max(peak_, alive_);
    IRVisitor::visit(op);
    alive_ -= bytes;
  }

  std::uint64_t heap_bytes(const Allocate& op) const {
    using Halide::MemoryType;
    if (op.memory_type == MemoryType::Stack || op.memory_type == MemoryType::Register) return 0;
    const std::uint64_t elements = static_cast<std::uint64_t>(op.constant_allocation_size());
    if (elements == 0) {
      throw Error(ExitCode::internal, "KERNEL_DYNAMIC_SCRATCH",
                  "the size of '" + op.name + "' is not known at generation");
    }
    const std::uint64_t bytes = elements * static_cast<std::uint64_t>(op.type.bytes());
    if (op.memory_type == MemoryType::Auto && bytes <= kStackLimit) return 0;
    return (bytes + padding_ + kRounding - 1) / kRounding * kRounding;
  }

  std::uint64_t padding_;  // Halide asks for one vector more, so that a last load may overrun
  std::uint64_t alive_ = 0;
  std::uint64_t peak_ = 0;
};

// A task that starts tasks would need the sum of both; each worker has room for one.
class NoNestedTasks : public IRVisitor {
  using IRVisitor::visit;
  void visit(const Halide::Internal::Call* op) override {
    if (op->name == "halide_do_par_for" || op->name == "halide_do_parallel_tasks") {
      throw Error(ExitCode::internal, "KERNEL_NESTED_PARALLEL",
                  "a parallel loop inside of a parallel loop");
    }
    IRVisitor::visit(op);
  }
};

}  // namespace

KernelScratch kernel_scratch(const Halide::Module& module, const Halide::Target& target) {
  KernelScratch scratch;
  for (const Halide::Internal::LoweredFunc& function : module.functions()) {
    HeapPeak visitor(target);
    function.body.accept(&visitor);
    // Lowering turns each parallel loop's body into a function of its own.
    const bool is_task = function.name.find("par_for") != std::string::npos;
    NoNestedTasks nested;
    if (is_task) function.body.accept(&nested);
    std::uint64_t& bytes = is_task ? scratch.task : scratch.shared;
    bytes = std::max(bytes, visitor.peak());
  }
  return scratch;
}

}  // namespace vitgen
