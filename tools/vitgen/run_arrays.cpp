#include "tools/vitgen/run_arrays.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "generators/base/error.h"
#include "generators/base/suggest.h"
#include "tools/image/npy.h"
#include "tools/series/csv.h"

namespace vitgen {

namespace {

bool is_csv(const std::string& path) { return path.ends_with(".csv"); }

std::string shape_text(std::span<const std::int64_t> shape) {
  std::string text = "n";
  for (const std::int64_t extent : shape) text += fmt::format("x{}", extent);
  return text;
}

std::vector<std::string> names_of(const LoadedLibrary& library) {
  std::vector<std::string> names;
  for (const TensorPort& port : library.inputs()) names.push_back(port.name);
  return names;
}

[[noreturn]] void missing(const LoadedLibrary& library, const std::string& name) {
  const std::vector<std::string> names = names_of(library);
  throw Error(ExitCode::usage, "INPUT_MISSING", fmt::format("no file for the input '{}'", name),
              fmt::format("{} takes --input {}=FILE", library.name(), fmt::join(names, "=FILE ")));
}

/// The number of the input that "FILE" or "NAME=FILE" is for; leaves FILE in `file`. A path may
/// hold '=', too, where the model has one input.
std::size_t input_of(const LoadedLibrary& library, std::string& file) {
  const std::vector<std::string> names = names_of(library);
  const std::size_t equals = file.find('=');
  if (equals != std::string::npos) {
    const std::string name = file.substr(0, equals);
    const auto found = std::ranges::find(names, name);
    if (found != names.end()) {
      file.erase(0, equals + 1);
      return static_cast<std::size_t>(found - names.begin());
    }
    if (names.size() > 1) {
      throw Error(ExitCode::usage, "INPUT_UNKNOWN", "no input '" + printable(name) + "'",
                  suggestion_hint(name, names));
    }
  }
  if (names.size() > 1) {
    throw Error(
        ExitCode::usage, "INPUT_UNKNOWN", printable(file) + ": for which input?",
        fmt::format("{} takes --input {}=FILE", library.name(), fmt::join(names, "=FILE ")));
  }
  return 0;
}

// What an array of images holds.
std::string array_hint(const TensorPort& input) {
  if (input.shape.size() != 3) return {};
  return input.dtype == DType::u8
             ? "the array holds pixels of 0 to 255 as uint8: one row per image, channels last"
             : "the array is already normalised: one row per image, planes first";
}

// n of an input array [n, ...]; throws INPUT_SHAPE.
std::size_t batch_of(const NpyArray& array, const TensorPort& input, const std::string& path) {
  const NpyType wanted = input.dtype == DType::u8 ? NpyType::u8 : NpyType::f32;
  bool fits = array.type == wanted && array.shape.size() == input.shape.size() + 1 &&
              array.shape.front() >= 1;
  for (std::size_t d = 0; fits && d < input.shape.size(); ++d) {
    fits = array.shape[d + 1] == static_cast<std::uint64_t>(input.shape[d]);
  }
  if (fits) return array.shape.front();
  throw Error(ExitCode::bad_input, "INPUT_SHAPE",
              fmt::format("{}: expected {} {}, got {} {}", printable(path),
                          wanted == NpyType::u8 ? "u8" : "f32", shape_text(input.shape),
                          array.type == NpyType::u8 ? "u8" : "f32", fmt::join(array.shape, "x")),
              array_hint(input));
}

/// The last steps of a series.
std::size_t read_series(const std::string& path, const TensorPort& input, InputArrays& arrays,
                        std::vector<std::byte>& values) {
  const SeriesTable table = read_csv(path);
  const bool is_series = input.shape.size() == 2 && input.dtype == DType::f32;
  const auto steps = static_cast<std::size_t>(input.shape.front());
  const bool fits = is_series && table.columns == static_cast<std::size_t>(input.shape.back()) &&
                    table.rows() >= steps;
  if (!fits) {
    throw Error(ExitCode::bad_input, "INPUT_SHAPE",
                fmt::format("{}: {} steps of {} variables, the input '{}' is {}", printable(path),
                            table.rows(), table.columns, input.name, shape_text(input.shape)),
                is_series ? "at least as many steps, and as many variables" : "give an .npy");
  }
  const std::span<const float> last = std::span(table.values).last(input.elements);
  const auto bytes = std::as_bytes(last);
  values.assign(bytes.begin(), bytes.end());
  arrays.columns = table.names;
  if (table.rows() > steps) {
    arrays.note = fmt::format("{}: the last {} of {} steps", printable(path), steps, table.rows());
  }
  return 1;
}

}  // namespace

std::vector<const void*> InputArrays::pointers() const {
  std::vector<const void*> pointers;
  for (const std::vector<std::byte>& value : values) pointers.push_back(value.data());
  return pointers;
}

InputArrays read_inputs(const LoadedLibrary& library, std::span<const std::string> files) {
  InputArrays arrays;
  arrays.values.resize(library.inputs().size());
  for (std::string file : files) {
    const std::size_t i = input_of(library, file);
    const TensorPort& port = library.inputs()[i];
    if (!arrays.values[i].empty()) {
      throw Error(ExitCode::usage, "INPUT_UNKNOWN",
                  fmt::format("two files for the input '{}'", port.name));
    }
    std::size_t n = 0;
    if (is_csv(file)) {
      n = read_series(file, port, arrays, arrays.values[i]);
    } else {
      NpyArray array = read_npy(file);
      n = batch_of(array, port, file);
      arrays.values[i] = std::move(array.bytes);
    }
    if (arrays.n != 0 && arrays.n != n) {
      throw Error(
          ExitCode::bad_input, "INPUT_SHAPE",
          fmt::format("{}: n is {}, that of the input before it {}", printable(file), n, arrays.n));
    }
    arrays.n = n;
  }
  for (std::size_t i = 0; i < arrays.values.size(); ++i) {
    if (arrays.values[i].empty()) missing(library, library.inputs()[i].name);
  }
  return arrays;
}

void require_one_input(const LoadedLibrary& library) {
  if (library.inputs().size() > 1) missing(library, library.inputs()[1].name);
}

void write_output(const std::string& path, const TensorPort& output, const InputArrays& inputs,
                  std::span<const float> values) {
  if (!is_csv(path)) {
    std::vector<std::uint64_t> shape = {inputs.n};
    for (const std::int64_t extent : output.shape) {
      shape.push_back(static_cast<std::uint64_t>(extent));
    }
    write_npy(path, NpyType::f32, shape, std::as_bytes(values));
    return;
  }
  if (inputs.n != 1 || output.shape.size() != 2) {
    throw Error(ExitCode::usage, "OUTPUT_FORMAT",
                fmt::format("{} of {} is no table", shape_text(output.shape), inputs.n),
                "write an .npy");
  }
  const auto columns = static_cast<std::size_t>(output.shape.back());
  const bool named = inputs.columns.size() == columns;
  write_csv(path, {.names = named ? inputs.columns : std::vector<std::string>{},
                   .columns = columns,
                   .values = {values.begin(), values.end()}});
}

}  // namespace vitgen
