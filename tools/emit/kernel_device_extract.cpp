#include "tools/emit/kernel_device_extract.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "generators/base/error.h"
#include "tools/emit/device_ptx.h"
#include "tools/emit/kernel_device_scratch.h"

namespace vitgen {

using Halide::Expr;
using namespace Halide::Internal;

namespace {

// A launch costs microseconds; a schedule with more is a loop that was meant to run on the GPU.
constexpr std::size_t kMaxLaunches = 4096;

// Halide's runtime has halide_<API>_run for each API of devices, and the code for them lies in
// buffers called <API>_gpu_source_kernels.
bool is_launch(const std::string& function) {
  return function.starts_with("halide_") && function.ends_with("_run");
}
constexpr std::string_view kCodeSuffix = "_gpu_source_kernels";

// Parameters of halide_<API>_run after the state of the module.
enum LaunchParameter : std::size_t { entry = 1, grid = 2, block = 5, shared = 8, sizes, values };

[[noreturn]] void fail_dynamic(const std::string& entry, const std::string& what) {
  throw Error(ExitCode::internal, "KERNEL_DYNAMIC_LAUNCH",
              "launch of " + entry + ": " + what + " is not known at generation");
}

[[noreturn]] void fail_on_host(const std::string& what) {
  throw Error(ExitCode::internal, "KERNEL_HOST_CODE", what + " runs on the CPU");
}

/// The elements of `make_struct(...)`.
const std::vector<Expr>& elements(const Expr& list, const std::string& entry) {
  const Call* call = list.as<Call>();
  if (!call || !call->is_intrinsic(Call::make_struct)) fail_dynamic(entry, "its list of arguments");
  return call->args;
}

/// What `(void*)X.buffer` refers to: X; or empty.
std::string buffer_name(Expr value) {
  constexpr std::string_view kSuffix = ".buffer";
  if (const auto* cast = value.as<Reinterpret>()) value = cast->value;
  const auto* variable = value.as<Variable>();
  if (!variable || !variable->name.ends_with(kSuffix)) return {};
  return variable->name.substr(0, variable->name.size() - kSuffix.size());
}

/// The bits of a constant; nothing if it is none.
std::optional<std::uint64_t> constant_bits(const Expr& value) {
  if (const auto number = as_const_int(value)) return static_cast<std::uint64_t>(*number);
  if (const auto number = as_const_uint(value)) return *number;
  const auto number = as_const_float(value);
  if (!number) return std::nullopt;
  if (value.type().bits() == 64) return std::bit_cast<std::uint64_t>(*number);
  if (value.type().bits() != 32) return std::nullopt;
  return std::bit_cast<std::uint32_t>(static_cast<float>(*number));
}

/// Infinities and NaN are calls in Halide's code, since they have no literal.
Expr as_literal(const Expr& value) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const auto* call = value.as<Call>();
  if (!call) return value;
  if (call->name == "inf_f32") return FloatImm::make(Halide::Float(32), kInfinity);
  if (call->name == "neg_inf_f32") return FloatImm::make(Halide::Float(32), -kInfinity);
  if (call->name != "nan_f32") return value;
  return FloatImm::make(Halide::Float(32), std::numeric_limits<float>::quiet_NaN());
}

/// Walks the host function in the order in which it runs.
class HostWalk : public IRVisitor {
 public:
  explicit HostWalk(const LoweredFunc& function) {
    for (const LoweredArgument& argument : function.args) {
      if (argument.is_buffer()) operands_.push_back(argument.name);
    }
  }

  DeviceKernel kernel;  ///< without its code

 private:
  using IRVisitor::visit;

  void visit(const LetStmt* op) override {
    op->value.accept(this);
    const Expr value = as_literal(known(op->value));
    if (is_const(value)) constants_[op->name] = value;
    op->body.accept(this);
  }

  void visit(const For* op) override {
    const auto min = as_const_int(known(op->min));
    const auto extent = as_const_int(known(op->extent));
    if (!min || !extent) fail_dynamic("the loop " + op->name, "its extent");
    for (std::int64_t i = *min; i < *min + *extent; ++i) {
      constants_[op->name] = make_const(op->min.type(), i);
      op->body.accept(this);
    }
  }

  void visit(const IfThenElse* op) override {
    const Expr condition = known(op->condition);
    if (!is_const(condition)) fail_dynamic("a part of the kernel", "whether it runs");
    if (is_const_one(condition)) return op->then_case.accept(this);
    if (op->else_case.defined()) op->else_case.accept(this);
  }

  void visit(const Allocate* op) override {
    const auto count = static_cast<std::uint64_t>(op->constant_allocation_size());
    if (count == 0) {
      throw Error(ExitCode::internal, "KERNEL_DYNAMIC_SCRATCH",
                  "the size of '" + op->name + "' is not known at generation");
    }
    scratch_.allocate(op->name, count * static_cast<std::uint64_t>(op->type.bytes()));
    kernel.scratch_bytes = scratch_.bytes();
    op->body.accept(this);
    scratch_.free(op->name);
  }
  void visit(const Free* op) override { scratch_.free(op->name); }

  void visit(const Store* op) override { fail_on_host(op->name); }
  void visit(const AssertStmt*) override {}  // about the host's buffers

  void visit(const Call* op) override {
    if (!is_launch(op->name)) return IRVisitor::visit(op);
    if (kernel.launches.size() == kMaxLaunches) {
      throw Error(ExitCode::internal, "KERNEL_DYNAMIC_LAUNCH",
                  "more than " + std::to_string(kMaxLaunches) + " launches by loops of the host");
    }
    kernel.launches.push_back(launch_of(*op));
  }

  Expr known(const Expr& value) const { return simplify(substitute(constants_, value)); }

  std::uint64_t number(const Expr& value, const std::string& entry, const char* what) const {
    const auto bits = constant_bits(known(value));
    if (!bits) fail_dynamic(entry, what);
    return *bits;
  }

  DeviceLaunch launch_of(const Call& call) const {
    const auto* name = call.args[LaunchParameter::entry].as<StringImm>();
    if (!name) fail_dynamic("a kernel", "the entry");
    DeviceLaunch launch;
    launch.entry = name->value;
    const auto small = [&](std::size_t parameter, const char* what) {
      return static_cast<std::uint32_t>(number(call.args[parameter], launch.entry, what));
    };
    for (std::size_t d = 0; d < launch.grid.size(); ++d) {
      launch.grid[d] = small(LaunchParameter::grid + d, "the grid");
      launch.block[d] = small(LaunchParameter::block + d, "the block");
    }
    launch.shared_bytes = small(LaunchParameter::shared, "the size of shared memory");
    const auto& bytes = elements(call.args[LaunchParameter::sizes], launch.entry);
    const auto& values = elements(call.args[LaunchParameter::values], launch.entry);
    for (std::size_t a = 0; a + 1 < values.size(); ++a) {  // the last ends the list
      const int size = static_cast<int>(number(bytes[a], launch.entry, "the size of an argument"));
      launch.arguments.push_back(argument_of(values[a], size, launch.entry));
    }
    return launch;
  }

  LaunchArgument argument_of(const Expr& value, int bytes, const std::string& entry) const {
    if (const std::string buffer = buffer_name(value); !buffer.empty()) {
      return address_of(buffer, entry);
    }
    const auto& scalar = elements(value, entry);
    return {.kind = LaunchArgumentKind::value,
            .bytes = bytes,
            .index = 0,
            .value = number(scalar.at(0), entry, "an argument")};
  }

  LaunchArgument address_of(const std::string& buffer, const std::string& entry) const {
    if (const std::uint64_t* offset = scratch_.find(buffer)) {
      return {.kind = LaunchArgumentKind::scratch, .bytes = 8, .index = 0, .value = *offset};
    }
    const auto operand = std::ranges::find(operands_, buffer);
    if (operand == operands_.end()) fail_dynamic(entry, "the memory of " + buffer);
    return {.kind = LaunchArgumentKind::operand,
            .bytes = 8,
            .index = static_cast<int>(operand - operands_.begin()),
            .value = 0};
  }

  std::vector<std::string> operands_;
  std::map<std::string, Expr> constants_;
  DeviceScratch scratch_;
};

std::string code_of(const Halide::Module& module) {
  for (const Halide::Buffer<>& buffer : module.buffers()) {
    if (!buffer.name().ends_with(kCodeSuffix)) continue;
    const std::string code(static_cast<const char*>(buffer.data()), buffer.size_in_bytes());
    return code.substr(0, code.find('\0'));
  }
  fail_on_host("all of the kernel");
}

}  // namespace

DeviceKernel extract_device_kernel(const Halide::Module& module) {
  if (module.functions().size() != 1) fail_on_host("a parallel loop");
  HostWalk walk(module.functions().front());
  module.functions().front().body.accept(&walk);
  walk.kernel.ptx = with_block_sizes(code_of(module), walk.kernel.launches);
  return std::move(walk.kernel);
}

}  // namespace vitgen
