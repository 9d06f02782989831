#pragma once
// A benchmark as text for a person.

#include <string>

#include "tools/measure/bench_record.h"

namespace vitgen {

enum class StepDetail { none, kernels, all };

std::string bench_text(const BenchRecord& record, StepDetail detail);

}  // namespace vitgen
