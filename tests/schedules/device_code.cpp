#include "tests/schedules/device_code.h"

#include <utility>

#include "schedules/rule.h"
#include "tools/emit/kernel_device_extract.h"

namespace vitgen {

DeviceKernel device_code(const OpSpec& spec, const Machine& machine, const Choice& choice) {
  if (auto written = device_kernel(spec, machine, choice)) return std::move(*written);
  const Algorithm algorithm = build(spec, machine, choice);
  const Halide::Target target(std::string(machine.halide_target) +
                              "-no_runtime-user_context-no_bounds_query");
  return extract_device_kernel(pipeline(algorithm).compile_to_module(
      {algorithm.arguments.begin(), algorithm.arguments.end()}, "kernel", target));
}

}  // namespace vitgen
