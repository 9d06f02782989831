#pragma once
// From the hyper-parameters of a vision transformer to kernel calls.

#include <string>
#include <vector>

#include "generators/plan/plan_options.h"
#include "generators/plan/vit_spec.h"

namespace vitgen {

/// The plan of `spec` for one batch size, checked, with its arena assigned. Step and weight names
/// are timm's whatever file the model came from; the weights do not depend on the batch size.
///
/// LayerScale is always folded into the linear before it (rows of weight and bias times the gain).
/// Throws what check(spec) throws, and of class usage: OUTPUT_UNKNOWN, OUTPUT_ABSENT,
/// PASS_UNKNOWN, BATCH_RANGE.
Plan lower(const VitSpec& spec, const PlanOptions& options);

/// `spec` for the image size of `options`: the size that its plan will have.
VitSpec sized_for(const VitSpec& spec, const PlanOptions& options);

/// What a model gives if nothing is asked: "logits", without a head "reconstruction", without a
/// decoder "pooled".
std::vector<std::string> default_outputs(const VitSpec& spec);

}  // namespace vitgen
