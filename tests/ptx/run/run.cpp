#include <fmt/format.h>

#include <stdexcept>

#include "tests/ptx/interpreter.h"
#include "tests/ptx/run/thread.h"

namespace vitgen::ptx {

namespace {

// PTX ISA: a block has at most 1024 threads. CUDA C++ Programming Guide, table of compute
// capabilities.
constexpr std::uint64_t kMaxThreads = 1024;

const Function& find_function(const Program& program, std::string_view name) {
  const auto found = program.entries.find(name);
  if (found == program.entries.end()) {
    throw std::runtime_error(fmt::format("the module has no entry {}", name));
  }
  return found->second;
}

void check_launch(const Function& function, const Launch& launch) {
  std::uint64_t threads = 1;
  for (std::size_t d = 0; d < 3; ++d) {
    if (launch.grid[d] == 0 || launch.block[d] == 0) {
      throw std::runtime_error(function.name + ": a launch of nothing");
    }
    threads *= launch.block[d];
  }
  const std::uint64_t most = function.max_threads != 0 ? function.max_threads : kMaxThreads;
  if (threads > most) {
    throw std::runtime_error(
        fmt::format("{}: {} threads in a block, at most {}", function.name, threads, most));
  }
  if (launch.parameters.size() != function.parameters.size()) {
    throw std::runtime_error(fmt::format("{}: {} parameters, {} are declared", function.name,
                                         launch.parameters.size(), function.parameters.size()));
  }
}

std::vector<std::byte> parameter_block(const Function& function, const Launch& launch) {
  std::vector<std::byte> bytes(function.parameter_bytes);
  for (std::size_t p = 0; p < function.parameters.size(); ++p) {
    const Parameter& parameter = function.parameters[p];
    std::memcpy(bytes.data() + parameter.offset, launch.parameters[p], parameter.size);
  }
  return bytes;
}

}  // namespace

std::uint64_t run(const Module& module, const Launch& launch, const Memory& memory) {
  const Program& program = module.program();
  const Function& function = find_function(program, launch.entry);
  check_launch(function, launch);
  const std::vector<std::byte> parameters = parameter_block(function, launch);
  const std::uint64_t unit = function.shared_alignment;
  const std::uint64_t shared =
      launch.shared_bytes == 0
          ? function.shared_bytes
          : (function.shared_bytes + unit - 1) / unit * unit + launch.shared_bytes;
  std::uint64_t executed = 0;
  for (std::uint32_t z = 0; z < launch.grid[2]; ++z) {
    for (std::uint32_t y = 0; y < launch.grid[1]; ++y) {
      for (std::uint32_t x = 0; x < launch.grid[0]; ++x) {
        Block block{.function = function,
                    .program = program,
                    .memory = memory,
                    .parameters = parameters,
                    .grid = launch.grid,
                    .size = launch.block,
                    .index = {x, y, z},
                    .shared = SharedMemory(shared),
                    .budget = launch.block_budget};
        run_block(block);
        executed += launch.block_budget - block.budget;
      }
    }
  }
  return executed;
}

}  // namespace vitgen::ptx
