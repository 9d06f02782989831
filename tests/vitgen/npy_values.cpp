#include "tests/vitgen/npy_values.h"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>

namespace vitgen {

std::vector<double> read_values(const std::filesystem::path& path) {
  std::string bytes;
  {
    std::FILE* file = std::fopen(path.c_str(), "rb");
    if (!file) throw std::runtime_error("cannot open " + path.string());
    char buffer[65536];
    for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, file)) > 0;) {
      bytes.append(buffer, n);
    }
    std::fclose(file);
  }
  // Version 1.0: magic (6), version (2), header length (2), header with the type, data.
  const std::size_t data =
      10 + static_cast<unsigned char>(bytes.at(8)) + 256u * static_cast<unsigned char>(bytes.at(9));
  const bool wide = bytes.substr(0, data).find("<f8") != std::string::npos;
  std::vector<double> values((bytes.size() - data) / (wide ? 8 : 4));
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (wide) {
      std::memcpy(&values[i], bytes.data() + data + 8 * i, 8);
    } else {
      float value = 0;
      std::memcpy(&value, bytes.data() + data + 4 * i, 4);
      values[i] = static_cast<double>(value);
    }
  }
  return values;
}

Norms compare(const std::vector<double>& got, const std::vector<double>& want) {
  Norms norms;
  for (std::size_t i = 0; i < want.size(); ++i) {
    norms.error += (got[i] - want[i]) * (got[i] - want[i]);
    norms.size += want[i] * want[i];
  }
  return {std::sqrt(norms.error), std::sqrt(norms.size)};
}

// A value passes through about 12 roundings of relative size u per block, each independent of the
// others, and the norms and softmaxes amplify none of them by more than a small factor: PyTorch's
// own f32 error is the measure of that factor, doubled, since both errors are random, and the floor
// keeps a lucky PyTorch run from asking for more than f32 can give.
double allowed(double torch_error, std::size_t values) {
  const double u = 0x1p-24;
  const double floor = 8 * u * (1 + 4 / std::sqrt(static_cast<double>(values)));
  return 2 * torch_error + floor;
}

}  // namespace vitgen
