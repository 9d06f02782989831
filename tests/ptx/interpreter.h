#pragma once
// Runs PTX on the CPU, for tests: generated device code is right before a GPU sees it. Programs are
// checked as they run: every address against the memory there is, alignment, races of threads in
// shared memory, barriers that not all threads reach, sums and factors of a tensor-core product
// that are touched while it is in flight.
//
// What the ISA leaves open is taken as follows.
// - Approximate instructions (.approx, .full) are computed in double precision and rounded once.
// - Sums of a tensor-core product are formed in double precision and rounded once to f32.
// - A product and a sum that an assembler may fuse (mul.f32, add.f32 without a rounding) stay two.
// - Shared memory, local memory and registers begin as bits of a NaN.
// - Asynchronous copies arrive when they are waited for, and no sooner; until then their
//   destination holds bits of a NaN.
// Instructions, modifiers and directives that are not known here are errors, never guesses.

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/ptx/memory.h"

namespace vitgen::ptx {

struct Program;

/// A parsed module. Copies share it; it does not change.
class Module {
 public:
  explicit Module(std::shared_ptr<const Program> program) : program_(std::move(program)) {}
  const Program& program() const { return *program_; }

 private:
  std::shared_ptr<const Program> program_;
};

/// Throws std::runtime_error "line N: ..." for whatever it does not know.
Module parse(std::string_view text);

/// What a module says of one of its entries.
struct EntryFacts {
  std::string name;
  std::vector<std::size_t> parameter_bytes = {};
  std::uint64_t shared_bytes = 0;  ///< static
  std::uint64_t instructions = 0;
};

std::vector<EntryFacts> entries(const Module& module);

/// What cuLaunchKernel takes.
struct Launch {
  std::string_view entry;
  std::array<std::uint32_t, 3> grid = {1, 1, 1};
  std::array<std::uint32_t, 3> block = {1, 1, 1};
  std::uint32_t shared_bytes = 0;  ///< dynamic
  /// One pointer per parameter of the entry, to as many bytes as the entry says.
  std::span<const void* const> parameters = {};
  /// Instructions that all threads of a block may execute together: a loop without end becomes an
  /// error within a minute or so.
  std::uint64_t block_budget = 2'000'000'000;
};

/// Runs the launch to its end; returns how many instructions were executed. Throws
/// std::runtime_error with entry, block, thread, line and reason.
std::uint64_t run(const Module& module, const Launch& launch, const Memory& memory);

}  // namespace vitgen::ptx
