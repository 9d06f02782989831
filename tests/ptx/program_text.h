#pragma once
// Small PTX programs for tests: one entry whose only parameter is the address of an array.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/ptx/interpreter.h"

namespace vitgen::ptx {

/// A module around `body`, which finds the array's address in %rd0, the thread in %r0 and the
/// address of the thread's place of 4 bytes in %rd1. Registers: %r, %rs, %rd, %f, %fd, %p.
inline std::string program_text(std::string_view body, std::string_view before = "") {
  std::string text = ".version 7.0\n.target sm_80\n.address_size 64\n";
  text += before;
  text +=
      ".visible .entry kernel(.param .u64 .ptr .align 1 array)\n{\n"
      ".reg .pred %p<9>;\n.reg .b16 %rs<9>;\n.reg .b32 %r<40>;\n.reg .b64 %rd<9>;\n"
      ".reg .f32 %f<40>;\n.reg .f64 %fd<9>;\n"
      "ld.param.u64 %rd0, [array];\nmov.u32 %r0, %tid.x;\nmad.wide.u32 %rd1, %r0, 4, %rd0;\n";
  text += body;
  return text + "\nret;\n}\n";
}

inline constexpr std::uint64_t kArray = 0x10000;  ///< its device address

struct Shape {
  std::uint32_t blocks = 1;
  std::uint32_t threads = 1;
  std::uint32_t shared_bytes = 0;
};

/// Runs the program on `array`, which it may change.
template <class T>
std::uint64_t run_program(const std::string& text, std::vector<T>& array, Shape shape = {}) {
  Memory memory;
  memory.add(kArray, std::as_writable_bytes(std::span(array)));
  const void* parameters[] = {&kArray};
  return run(parse(text),
             {.entry = "kernel",
              .grid = {shape.blocks, 1, 1},
              .block = {shape.threads, 1, 1},
              .shared_bytes = shape.shared_bytes,
              .parameters = parameters,
              .block_budget = 1'000'000},
             memory);
}

/// What the program's error says; empty: it has none.
inline std::string error_of(const std::string& text, Shape shape = {}) {
  std::vector<std::uint32_t> array(64);
  try {
    run_program(text, array, shape);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

}  // namespace vitgen::ptx
