#pragma once
// Numbers of .npy files, and how far a library's may be from those of the original code.

#include <filesystem>
#include <vector>

namespace vitgen {

/// The values of an .npy of float32 or (the goldens) float64 in C order.
std::vector<double> read_values(const std::filesystem::path& path);

struct Norms {
  double error = 0;
  double size = 0;
  double relative() const { return error / size; }
};

/// Norms of `got` - `want` and of `want`.
Norms compare(const std::vector<double>& got, const std::vector<double>& want);

/// The relative error that a library may have where PyTorch's float32 has `torch_error`.
double allowed(double torch_error, std::size_t values);

}  // namespace vitgen
