#pragma once
// The outputs of a vision transformer: which names there are, and the steps behind each.

#include <string>
#include <vector>

#include "generators/plan/plan_options.h"
#include "generators/plan/vit_spec.h"

namespace vitgen {

/// Throws, of class usage, OUTPUT_UNKNOWN for a name that is none or is there twice, and
/// OUTPUT_ABSENT for one that this network has not.
void check_outputs(const VitSpec& spec, const std::vector<std::string>& outputs);

/// From the tokens after each block to the wanted outputs, and binds them. What no output needs is
/// not in the plan afterwards.
void lower_outputs(Plan& plan, const VitSpec& spec, const PlanOptions& options,
                   const std::vector<Slot>& blocks);

}  // namespace vitgen
