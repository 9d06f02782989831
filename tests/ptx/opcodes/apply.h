#pragma once
// Handlers for instructions that write one value computed from others.

#include <utility>

#include "tests/ptx/run/thread.h"

namespace vitgen::ptx {

/// Operand 0 = Op{}(operand 1, ...), read as types A.
template <class Op, class... A>
void apply(const Instruction& i, Thread& thread) {
  [&]<std::size_t... N>(std::index_sequence<N...>) {
    thread.set(i.operands[0], Op{}(thread.get<A>(i.operands[1 + N])...));
  }(std::index_sequence_for<A...>{});
}

template <class Op, class T>
constexpr Execute unary() {
  return &apply<Op, T>;
}
template <class Op, class T>
constexpr Execute binary() {
  return &apply<Op, T, T>;
}
template <class Op, class T>
constexpr Execute ternary() {
  return &apply<Op, T, T, T>;
}

}  // namespace vitgen::ptx
