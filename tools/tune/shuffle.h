#pragma once

#include <cstddef>
#include <random>
#include <span>
#include <utility>

namespace vitgen {

/// The same on every system: std::shuffle's order is the library's own.
template <class T>
void shuffle(std::span<T> list, std::mt19937& random) {
  for (std::size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[random() % i]);
}

}  // namespace vitgen
