#pragma once
// The C program in a library's README: opens the model, runs it once, prints a number.

#include <string>

#include "generators/plan/plan.h"

namespace vitgen {

/// Lines between `int main(void) {` and the model: a buffer for each input, and for the first
/// output or, of a model with several inputs, for every output.
std::string example_buffers(const std::string& name, const Plan& plan);

/// The call, up to its closing parenthesis: NAME_run, or NAME_run_ports for several inputs.
std::string example_call(const std::string& name, const Plan& plan);

/// The buffer whose first number is printed.
std::string example_result(const Plan& plan);

/// How `vitgen run` is told a model's inputs.
std::string example_run_options(const Plan& plan);

}  // namespace vitgen
