#include "tools/vitgen/random_input.h"

#include <random>

namespace vitgen {

std::vector<std::byte> random_input(const TensorPort& input, std::size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<std::byte> bytes(n * input.elements *
                               static_cast<std::size_t>(byte_size(input.dtype)));
  if (input.dtype == DType::u8) {
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() % 256);
  } else {
    auto* values = reinterpret_cast<float*>(bytes.data());
    for (std::size_t i = 0; i < n * input.elements; ++i) values[i] = normal(random);
  }
  return bytes;
}

RandomInputs::RandomInputs(const LoadedLibrary& library, std::size_t n, unsigned seed) {
  for (const TensorPort& port : library.inputs()) values.push_back(random_input(port, n, seed++));
  for (const std::vector<std::byte>& value : values) pointers.push_back(value.data());
}

}  // namespace vitgen
