#pragma once
// Facts of an instruction set. A machine is one row; schedules read facts, never a row's name.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "generators/base/op_spec.h"

namespace vitgen {

enum class MachineKind { cpu, gpu };

struct Machine {
  std::string_view name;  ///< of the file, "cpu_avx512"
  /// On the command line and in a library's ISA list, "x86-64-avx512"; empty: its kernels are
  /// compiled and tested, but no library is made of them.
  std::string_view target;
  MachineKind kind = MachineKind::cpu;
  int vector_bytes = 32;
  int vector_registers = 16;
  int fma_latency = 0;     ///< of a CPU: cycles from one sum of vectors to the next
  int fmas_per_cycle = 0;  ///< of a CPU: multiply-adds of vectors
  bool amx = false;        ///< eight tile registers of 16 rows x 64 bytes, products of bf16 pairs
  /// LLVM's name of the CPU that micro-kernels are compiled for; empty: there are none.
  std::string_view microkernel_cpu = {};
  // Of a GPU:
  int multiprocessors = 0;  ///< that blocks are spread over
  int warp = 1;             ///< threads that run in step
  int max_threads = 1;      ///< of a block
  int block_threads = 1;    ///< of a block that shares its multiprocessor with a second one
  int shared_bytes = 0;     ///< of a block, without asking for more at launch
  int registers = 0;  ///< of 32 bits, shared by the blocks on one multiprocessor; 0: not known
  int shared_bytes_at_launch = 0;  ///< of a block whose launch asks for them
  /// Multiply-adds of 16-bit factors by tensor cores, a cycle and multiprocessor; 0: there are
  /// none.
  int tensor_products = 0;
  /// Tensor cores read both factors from shared memory, where bulk tensor copies bring them: wgmma.
  bool warpgroup_products = false;
  int l2_bytes_per_cycle = 0;  ///< read from the L2 cache by a multiprocessor
  /// Of a CUDA device: the least compute capability, 10 major + minor; 0: the row is none.
  int capability = 0;
  /// Not 0 where devices of no other capability will do, as for code of sm_90a.
  int only_capability = 0;
  /// Halide target string without the product flags, "x86-64-linux-avx2-...".
  std::string_view halide_target;
  /// Bits of vitgen_cpu_feature that a CPU needs to run this row's kernels.
  std::uint32_t cpu_features = 0;

  constexpr int lanes(DType dtype) const {
    return vector_bytes / static_cast<int>(byte_size(dtype));
  }
};

/// Whether a library runs this row's kernels on a GPU: they are device code and launches.
inline bool is_device_row(const Machine& machine) { return machine.capability != 0; }

/// Every row of schedules/machines, best first: CUDA devices by their capability, then the row that
/// needs more features, so that the first that a computer can run is the best.
std::span<const Machine* const> all_machines();

/// The command-line targets of all rows that have one: "x86-64-avx512, x86-64-avx2".
std::string known_targets();

/// By row name or command-line target. Throws UNKNOWN_TARGET with the known ones.
const Machine& find_machine(std::string_view name);

/// By row name, as records and knobs call it. Throws UNKNOWN_MACHINE with the nearest, or all.
const Machine& find_row(std::string_view name);

}  // namespace vitgen
