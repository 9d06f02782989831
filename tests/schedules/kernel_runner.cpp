#include "tests/schedules/kernel_runner.h"

#include <gtest/gtest.h>

#include <cstring>

#include "generators/weights/float_bits.h"
#include "runtime/cpu.h"
#include "tests/schedules/emulated_microkernels.h"

namespace vitgen {

namespace {

float draw(std::mt19937& random, Fill fill) {
  std::normal_distribution<float> normal;
  switch (fill) {
    case Fill::normal:
      return normal(random);
    case Fill::integers:
      return static_cast<float>(static_cast<int>(random() % 9) - 4);
    case Fill::heavy_tailed:
      return normal(random) * std::exp(2.0f * normal(random));
  }
  return 0;
}

}  // namespace

const Machine& host_machine() {
  const std::uint32_t here = rt::cpu_features(rt::cpu_read());
  for (const Machine* machine : all_machines()) {
    if (machine->kind != MachineKind::cpu || machine->amx) continue;
    if ((machine->cpu_features & ~here) == 0) return *machine;
  }
  throw std::runtime_error("no row of schedules/machines runs on this CPU");
}

KernelRunner::KernelRunner(OpSpec spec, Fill fill, unsigned seed, bool guard_end)
    : spec_(std::move(spec)), operands_(operands(spec_)) {
  std::mt19937 random(seed);
  for (const Operand& operand : operands_) {
    memory_.push_back(
        std::make_unique<GuardedBuffer>(static_cast<std::size_t>(operand.bytes()), guard_end));
    for (std::int64_t i = 0; i < operand.elements(); ++i) {
      if (operand.dtype == DType::u8) {
        static_cast<std::uint8_t*>(memory_.back()->data())[i] =
            static_cast<std::uint8_t>(random() % 256);
      } else if (operand.dtype == DType::bf16) {
        static_cast<std::uint16_t*>(memory_.back()->data())[i] = f32_to_bf16(draw(random, fill));
      } else if (operand.dtype == DType::f16) {
        static_cast<std::uint16_t*>(memory_.back()->data())[i] = f32_to_f16(draw(random, fill));
      } else {
        static_cast<float*>(memory_.back()->data())[i] = draw(random, fill);
      }
    }
  }
}

float* KernelRunner::values(std::size_t number) {
  return static_cast<float*>(memory_[number]->data());
}

namespace {

Halide::Buffer<> wrap(const Operand& operand, void* data) {
  return Halide::Buffer<>(halide_type(operand.dtype), data, operand.extents);
}

}  // namespace

Halide::Target test_target(const Machine& machine) {
  const Machine& runs = machine.kind == MachineKind::gpu ? find_machine("opencl") : host_machine();
  return Halide::Target(std::string(runs.halide_target) + "-jit");
}

// Halide's errors are no std::exception: GoogleTest would not print them.
std::vector<float> KernelRunner::run(const Machine& machine, const Choice& choice) try {
  return run(build(spec_, machine, choice), test_target(machine));
} catch (const Halide::Error& error) {
  throw std::runtime_error(spec_.text() + " by " + choice.text() + ": " + error.what());
}

std::vector<float> KernelRunner::run(const Algorithm& algorithm, const Halide::Target& target) {
  const std::size_t inputs = first_output(operands_);
  for (std::size_t p = 0; p < inputs; ++p) {
    Halide::ImageParam argument = algorithm.arguments[p];
    Halide::Buffer<> buffer = wrap(operands_[p], memory_[p]->data());
    buffer.set_host_dirty();  // else a GPU would not fetch it
    argument.set(buffer);
  }
  clear_outputs();
  std::vector<Halide::Buffer<>> buffers;
  for (std::size_t p = inputs; p < operands_.size(); ++p) {
    buffers.push_back(wrap(operands_[p], memory_[p]->data()));
  }
  Halide::Pipeline runs = pipeline(algorithm);
  const EmulatedMicrokernels microkernels(algorithm);
  runs.set_jit_externs(microkernels.externs());
  runs.realize(Halide::Realization(buffers), target);
  for (Halide::Buffer<>& buffer : buffers) EXPECT_EQ(buffer.copy_to_host(), 0);
  microkernels.expect_no_fault();
  return outputs();
}

void KernelRunner::clear_outputs() {
  for (std::size_t p = first_output(operands_); p < operands_.size(); ++p) {
    std::memset(bytes(p), 0xFF, static_cast<std::size_t>(operands_[p].bytes()));
  }
}

std::vector<float> KernelRunner::outputs() const {
  std::vector<float> values;
  for (std::size_t p = first_output(operands_); p < operands_.size(); ++p) {
    const OperandData stored({operands_[p]}, {memory_[p]->data()});
    for (std::int64_t i = 0; i < operands_[p].elements(); ++i) {
      values.push_back(static_cast<float>(stored.at(0, i)));
    }
  }
  return values;
}

OperandData KernelRunner::data(const std::vector<float>& outputs) const {
  std::vector<Operand> list = operands_;
  std::vector<const void*> pointers;
  const std::size_t inputs = first_output(list);
  for (std::size_t p = 0; p < inputs; ++p) pointers.push_back(memory_[p]->data());
  std::size_t before = 0;
  for (std::size_t p = inputs; p < list.size(); ++p) {
    list[p].dtype = DType::f32;
    pointers.push_back(outputs.data() + before);
    before += static_cast<std::size_t>(list[p].elements());
  }
  return {std::move(list), pointers};
}

void expect_matches_reference(const KernelRunner& runner, const std::vector<float>& outputs,
                              std::int64_t samples) {
  const Comparison result = compare(runner.spec(), runner.data(outputs), samples);
  EXPECT_GT(result.checked, 0);
  EXPECT_EQ(result.failed, 0) << runner.spec().text() << "\n  worst element " << result.worst_index
                              << ": " << result.worst_value << ", reference "
                              << result.worst_reference << ", bound " << result.worst_bound;
}

}  // namespace vitgen
