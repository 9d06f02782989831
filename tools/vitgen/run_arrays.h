#pragma once
// The files that `vitgen run` reads as inputs and writes as an output.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "tools/vitgen/loaded_library.h"

namespace vitgen {

/// n times every input of a model, in the model's order.
struct InputArrays {
  std::size_t n = 0;
  std::vector<std::vector<std::byte>> values;
  std::vector<std::string> columns;  ///< names of a series' variables, where a file gives them
  std::string note;                  ///< what a user should know, or empty

  std::vector<const void*> pointers() const;
};

/// `files` are FILE or NAME=FILE, each .npy, or .csv for an input [steps, variables], of which the
/// last steps are taken. Throws bad_input INPUT_SHAPE, of class usage INPUT_UNKNOWN (no input of
/// that name, or two files for one) and INPUT_MISSING (an input without a file), and what the
/// files' readers throw.
InputArrays read_inputs(const LoadedLibrary& library, std::span<const std::string> files);

/// Throws INPUT_MISSING, of class usage, for a model that takes more than a picture.
void require_one_input(const LoadedLibrary& library);

/// .npy [n, ...], or .csv of one output [steps, variables]: usage OUTPUT_FORMAT for any other.
void write_output(const std::string& path, const TensorPort& output, const InputArrays& inputs,
                  std::span<const float> values);

}  // namespace vitgen
