#pragma once
// Shape and values of a float32 or float64 .npy file of this repository, as double.

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "generators/base/file.h"

namespace vitgen {

struct NpyValues {
  std::vector<std::int64_t> shape;
  std::vector<double> values;
};

template <class T>
std::vector<double> npy_elements(const char* data, std::size_t bytes) {
  std::vector<T> raw(bytes / sizeof(T));
  std::memcpy(raw.data(), data, raw.size() * sizeof(T));
  return {raw.begin(), raw.end()};
}

inline NpyValues read_npy_values(const std::string& path) {
  const std::string file = read_whole(path, std::uint64_t{1} << 28);
  const std::size_t begin = 10 + static_cast<unsigned char>(file.at(8)) +
                            256u * static_cast<unsigned char>(file.at(9));  // version 1
  const std::string header = file.substr(10, begin - 10);
  NpyValues out;
  std::int64_t number = -1;
  for (const char c : header.substr(header.find('('))) {
    if (c >= '0' && c <= '9') {
      number = (number < 0 ? 0 : number) * 10 + (c - '0');
    } else if (number >= 0) {
      out.shape.push_back(number);
      number = -1;
    }
    if (c == ')') break;
  }
  const bool is_double = header.find("<f8") != std::string::npos;
  if (!is_double && header.find("<f4") == std::string::npos) throw std::runtime_error(path);
  const char* data = file.data() + begin;
  out.values = is_double ? npy_elements<double>(data, file.size() - begin)
                         : npy_elements<float>(data, file.size() - begin);
  return out;
}

}  // namespace vitgen
