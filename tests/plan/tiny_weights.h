#pragma once
// A safetensors file with the tensors that a test names.

#include <cstdint>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include "generators/weights/weight_source.h"
#include "tests/base/support.h"

namespace vitgen {

struct TinyTensor {
  std::string name;
  Shape shape;
  std::vector<float> values;  ///< empty: 1, 2, 3, ...
};

inline std::vector<float> tiny_values(const TinyTensor& tensor) {
  if (!tensor.values.empty()) return tensor.values;
  std::vector<float> counted(element_count(tensor.shape));
  std::iota(counted.begin(), counted.end(), 1.0f);
  return counted;
}

inline std::string tiny_header(const std::vector<TinyTensor>& tensors) {
  std::string text;
  std::uint64_t at = 0;
  for (const TinyTensor& tensor : tensors) {
    std::string shape;
    for (const std::int64_t extent : tensor.shape) {
      shape += (shape.empty() ? "" : ",") + std::to_string(extent);
    }
    const std::uint64_t end = at + 4 * element_count(tensor.shape);
    text += (text.empty() ? "" : ",") + ("\"" + tensor.name) + R"(":{"dtype":"F32","shape":[)" +
            shape + R"(],"data_offsets":[)" + std::to_string(at) + "," + std::to_string(end) + "]}";
    at = end;
  }
  return "{" + text + "}";
}

inline WeightSource tiny_weights(const testing::Scratch& folder,
                                 const std::vector<TinyTensor>& tensors) {
  const std::string header = tiny_header(tensors);
  const std::uint64_t size = header.size();
  std::string content(8, '\0');
  std::memcpy(content.data(), &size, 8);
  content += header;
  for (const TinyTensor& tensor : tensors) {
    const std::vector<float> values = tiny_values(tensor);
    content.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  }
  return WeightSource::open(folder.write("tiny.safetensors", content));
}

}  // namespace vitgen
