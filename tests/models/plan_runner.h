#pragma once
// Runs a plan with the naive double-precision reference of every op; values between the steps are
// rounded as in the arena, and kept as f32 whatever their type there.

#include <map>
#include <string>
#include <vector>

#include "generators/plan/plan.h"
#include "generators/weights/weight_source.h"

namespace vitgen {

/// The plan's outputs by name, from one batch of input values.
std::map<std::string, std::vector<float>> run_plan(const Plan& plan, const WeightSource& weights,
                                                   const std::vector<float>& input);
/// The same with values for every input.
std::map<std::string, std::vector<float>> run_plan(const Plan& plan, const WeightSource& weights,
                                                   const std::vector<std::vector<float>>& inputs);

}  // namespace vitgen
