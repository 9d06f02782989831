#pragma once
// Runs one op under one schedule on made-up data, in guarded memory, in this process.

#include <cstddef>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "schedules/rule.h"
#include "tests/schedules/guarded_buffer.h"
#include "tools/verify/reference/reference.h"

namespace vitgen {

/// How operands are filled. Integers are small enough that every sum of products is exact in f32,
/// so a kernel must hit the reference to the bit.
enum class Fill { normal, integers, heavy_tailed };

class KernelRunner {
 public:
  /// `guard_end`: operands end at a guard page, else they start at one.
  KernelRunner(OpSpec spec, Fill fill, unsigned seed, bool guard_end);

  /// The outputs, widened to f32 and one after the other, of the op scheduled by `choice` for
  /// `machine`, in instructions that this CPU has; a GPU's schedule runs under OpenCL.
  std::vector<float> run(const Machine& machine, const Choice& choice);

  /// Those of a scheduled definition of the op.
  std::vector<float> run(const Algorithm& algorithm, const Halide::Target& target);

  /// Those of device code on an emulated GPU (tests/ptx): every address is checked, and
  /// operands begin at multiples of 128 bytes, as a library's do.
  std::vector<float> run(const DeviceKernel& kernel);

  /// The operands, with `outputs` in the last places, which are f32.
  OperandData data(const std::vector<float>& outputs) const;
  const OpSpec& spec() const { return spec_; }

  /// Operand `number`, which is f32, to plant special values before run().
  float* values(std::size_t number);

 private:
  std::byte* bytes(std::size_t number) const {
    return static_cast<std::byte*>(memory_[number]->data());
  }
  /// NaN in the outputs before a run shows what a kernel leaves unwritten.
  void clear_outputs();
  std::vector<float> outputs() const;

  OpSpec spec_;
  std::vector<Operand> operands_;
  std::vector<std::unique_ptr<GuardedBuffer>> memory_;
};

/// The most capable row that this CPU can execute.
const Machine& host_machine();

/// What runs a machine's schedules here: this CPU's instructions, or OpenCL.
Halide::Target test_target(const Machine& machine);

/// Compares with the reference and reports the worst element through GoogleTest.
void expect_matches_reference(const KernelRunner& runner, const std::vector<float>& outputs,
                              std::int64_t samples = 0);

}  // namespace vitgen
