#pragma once
// One kernel: from (op spec, machine, choice) to an object file or, for a GPU, to a file of device
// code with its launches (device_file.h). A kernel is compiled in a process of its own, so
// its bytes depend on nothing but the request, and a crash names its kernel.

#include <cstdint>
#include <filesystem>
#include <string>

#include "schedules/rule.h"

namespace vitgen {

/// Everything that decides a kernel's bytes. The text form is the worker's input.
struct KernelRequest {
  OpSpec spec;
  std::string machine;  ///< row name, "cpu_avx2"
  Choice choice;
  /// Extra Halide target features, "" or "-asan" and the like for tests under sanitizers.
  std::string features;
  /// Instructions of this row instead of `machine`'s: lets a machine's schedules be tested on a
  /// CPU that lacks its instructions. Empty: the machine's own.
  std::string instructions;
  /// Of a kernel for a GPU that is assembled, too: Assembler::version. Empty: it stays PTX.
  std::string assembler = {};

  std::string text() const;
  static KernelRequest parse(std::string_view text);
  /// Hex SHA-256 of the text and of the versions of vitgen, Halide, LLVM and the rule: what the
  /// manifest says of a kernel, the same in every build of these versions.
  std::string hash() const;
  /// Hex SHA-256 of the text and of this very program: the name in the cache.
  std::string cache_key() const;
};

/// The symbol that every kernel object defines; the archive renames it.
inline constexpr std::string_view kKernelSymbol = "vitgen_kernel";

struct KernelObject {
  std::string name;     ///< C identifier from the op spec: the same for every machine
  std::string machine;  ///< row name
  std::string symbol;   ///< in the object: kKernelSymbol; of a kernel for a GPU empty
  std::filesystem::path object;
  std::uint64_t shared_scratch = 0;  ///< bytes of halide_malloc outside of parallel loops
  std::uint64_t task_scratch = 0;    ///< bytes of halide_malloc inside one task
  std::string choice;                ///< text of the Choice
  std::string hash;                  ///< KernelRequest::hash()
};

/// "linear_f32_197x768x3072_gelu_erf_1a2b3c4d": readable parts and a hash of the spec.
std::string kernel_name(const OpSpec& spec);

/// Halide's target for a request.
Halide::Target kernel_target(const KernelRequest& request);

/// What one compilation can write besides the object.
struct KernelFiles {
  std::filesystem::path object;    ///< always; of a device of CUDA a device_file
  std::filesystem::path assembly;  ///< if not empty; of a device of CUDA its PTX
  std::filesystem::path stmt;      ///< if not empty: Halide's lowered statement
};

/// Compiles in this process, a kernel for a GPU to PTX. Throws KERNEL_DYNAMIC_SCRATCH if the
/// kernel's memory is not known at generation, KERNEL_NESTED_PARALLEL if tasks start tasks,
/// KERNEL_COMPILE if Halide refuses the schedule, KERNEL_MICROKERNEL or OBJECT_CODE if a
/// micro-kernel cannot be made or put in place; of a kernel for a GPU what extract_device_kernel
/// throws.
KernelObject compile_kernel(const KernelRequest& request, const KernelFiles& files);

}  // namespace vitgen
