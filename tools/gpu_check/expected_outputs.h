#pragma once
// What the original code computed for an input, in double and in f32, as .npy files of one folder:
// input.npy (input.PORT.npy of all but the first), OUTPUT_f64.npy, OUTPUT_f32.npy.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tools/image/npy.h"
#include "tools/vitgen/loaded_library.h"

namespace vitgen {

struct ExpectedOutput {
  std::vector<double> exact;  ///< empty where there are no values of this output
  double torch_error = 0;     ///< of PyTorch's f32, relative
};

struct ExpectedOutputs {
  std::size_t n = 0;  ///< images
  std::vector<NpyArray> inputs;
  std::vector<ExpectedOutput> outputs;  ///< in the library's order
};

/// Nothing where there is no such folder. Errors: IO_*, NPY_*, bad_input NPY_SHAPE where an array
/// does not fit the library.
std::optional<ExpectedOutputs> read_expected(const std::string& folder,
                                             const LoadedLibrary& library);

/// Norm of the difference over the norm of `want`.
double relative_error(std::span<const float> got, std::span<const double> want);

/// A value passes through about 12 roundings of relative size u per block, each independent of the
/// others, and norms and softmaxes amplify none of them by more than a small factor: PyTorch's own
/// error measures that factor, doubled, since both errors are random. The floor keeps a lucky run
/// of PyTorch from asking for more than f32 can give. Errors of first order grow with the unit
/// roundoff, so it stands for 16 bits, too.
double allowed_error(const ExpectedOutput& want, DType precision);

}  // namespace vitgen
