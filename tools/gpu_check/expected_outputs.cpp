#include "tools/gpu_check/expected_outputs.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <filesystem>

#include "generators/base/file.h"
#include "generators/base/npy_header.h"
#include "tools/verify/reference/storage.h"

namespace vitgen {
namespace {

namespace fs = std::filesystem;

// read_npy knows no double.
std::vector<double> read_doubles(const fs::path& path) {
  const std::string source = path.filename().string();
  const std::string file = RegularFile::open(path.string()).read_whole(std::uint64_t{1} << 30);
  const auto bytes = std::as_bytes(std::span(file));
  const NpyPrologue prologue =
      npy_prologue(bytes.first(std::min(bytes.size(), kNpyPrologueBytes)), source);
  if (file.size() < prologue.data_begin()) npy_error(source, "NPY_LENGTH", "it ends early");
  const NpyHeader header = parse_npy_header(
      std::string_view(file).substr(prologue.header_begin, prologue.header_bytes), source);
  if (header.type != "<f8") npy_error(source, "NPY_TYPE", "expected float64");
  std::vector<double> values((file.size() - prologue.data_begin()) / sizeof(double));
  std::memcpy(values.data(), file.data() + prologue.data_begin(), values.size() * sizeof(double));
  return values;
}

void require_elements(const std::string& name, std::size_t got, std::size_t want) {
  if (got == want) return;
  npy_error(name, "NPY_SHAPE", fmt::format("{} values, the library has {}", got, want));
}

}  // namespace

std::optional<ExpectedOutputs> read_expected(const std::string& folder,
                                             const LoadedLibrary& library) {
  if (!fs::is_directory(folder)) return std::nullopt;
  ExpectedOutputs expected;
  for (const TensorPort& port : library.inputs()) {
    const std::string name =
        expected.inputs.empty() ? "input.npy" : fmt::format("input.{}.npy", port.name);
    expected.inputs.push_back(read_npy((fs::path(folder) / name).string()));
    const std::vector<std::uint64_t>& shape = expected.inputs.back().shape;
    expected.n = shape.empty() ? 0 : shape.front();
    require_elements(
        name, expected.inputs.back().bytes.size() / static_cast<std::size_t>(byte_size(port.dtype)),
        expected.n * port.elements);
  }
  for (const TensorPort& port : library.outputs()) {
    ExpectedOutput output;
    const fs::path file = fs::path(folder) / (port.name + "_f64.npy");
    if (fs::exists(file)) {
      output.exact = read_doubles(file);
      require_elements(port.name, output.exact.size(), expected.n * port.elements);
      const NpyArray torch = read_npy((fs::path(folder) / (port.name + "_f32.npy")).string());
      require_elements(port.name, torch.floats().size(), output.exact.size());
      output.torch_error = relative_error(torch.floats(), output.exact);
    }
    expected.outputs.push_back(std::move(output));
  }
  return expected;
}

double relative_error(std::span<const float> got, std::span<const double> want) {
  double error = 0;
  double size = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    const double difference = static_cast<double>(got[i]) - want[i];
    error += difference * difference;
    size += want[i] * want[i];
  }
  return std::sqrt(error / size);
}

double allowed_error(const ExpectedOutput& want, DType precision) {
  const double values = static_cast<double>(want.exact.size());
  const double floor = 8 * kUnitRoundoff * (1 + 4 / std::sqrt(values));
  return unit_roundoff(precision) / kUnitRoundoff * (2 * want.torch_error + floor);
}

}  // namespace vitgen
