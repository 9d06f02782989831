#include "runtime/cuda_launch.h"

#include "runtime/cuda_error.h"

namespace vitgen::rt {
namespace {

uint64_t value_of(const CudaContext& context, const vitgen_step& step,
                  const vitgen_launch_argument& argument) {
  switch (argument.kind) {
    case VITGEN_ARGUMENT_OPERAND: {
      const vitgen_operand* operands = context.model->table->operands + step.operand_begin;
      return operand_address(context, operands[argument.index]) + argument.value;
    }
    case VITGEN_ARGUMENT_SCRATCH:
      return context.memory + context.layout.scratch_begin + argument.value;
    case VITGEN_ARGUMENT_VALUE:
      break;
  }
  return argument.value;
}

CudaResult launch(CudaContext& context, const vitgen_step& step, const vitgen_launch& launch,
                  CudaFunction function, CudaStream stream) {
  // The driver reads as many bytes as the parameter has: the low ones, on a little-endian machine.
  for (uint32_t i = 0; i < launch.argument_count; ++i) {
    context.values[i] = value_of(context, step, launch.arguments[i]);
    context.arguments[i] = &context.values[i];
  }
  return context.model->device.driver.cuLaunchKernel(
      function, launch.grid[0], launch.grid[1], launch.grid[2], launch.block[0], launch.block[1],
      launch.block[2], launch.shared_bytes, stream, context.arguments, nullptr);
}

int launch_steps(CudaContext& context, const vitgen_bucket& bucket, Text& why) {
  int code = VITGEN_API_OK;
  for (uint32_t s = 0; s < bucket.step_count && code == VITGEN_API_OK; ++s) {
    code = cuda_launch_step(context, bucket.step_begin + s, context.stream, why);
  }
  return code;
}

int instantiate(CudaContext& context, CudaGraph recorded, CudaGraphExec& graph, Text& why) {
  const CudaDriver& driver = context.model->device.driver;
  CudaResult result = driver.cuGraphInstantiateWithFlags(&graph, recorded, 0);
  if (result != kCudaSuccess) {
    graph = nullptr;
    return cuda_error(driver, result, VITGEN_API_E_DEVICE, "cuGraphInstantiate", why);
  }
  result = driver.cuGraphUpload(graph, context.stream);
  return cuda_check(driver, result, VITGEN_API_E_DEVICE, "cuGraphUpload", why);
}

}  // namespace

CudaAddress operand_address(const CudaContext& context, const vitgen_operand& operand) {
  switch (operand.slot) {
    case VITGEN_SLOT_INPUT:
      return input_address(context, operand.index) + operand.offset;
    case VITGEN_SLOT_OUTPUT:
      return output_address(context, operand.index) + operand.offset;
    case VITGEN_SLOT_ARENA:
      return context.memory + operand.offset;
    case VITGEN_SLOT_WEIGHT:
      return context.model->weights + context.model->table->weights[operand.index].offset -
             VITGEN_PAGE + operand.offset;
  }
  return 0;
}

int cuda_launch_step(CudaContext& context, uint32_t number, CudaStream stream, Text& why) {
  const CudaModel& model = *context.model;
  const vitgen_step& step = model.table->steps[number];
  const vitgen_device_kernel& kernel = device_kernel(model, step.kernel);
  const CudaFunction* functions = model.functions + model.first_function[step.kernel];
  for (uint32_t l = 0; l < kernel.launch_count; ++l) {
    const CudaResult result = launch(context, step, kernel.launches[l], functions[l], stream);
    if (result == kCudaSuccess) continue;
    why << "step " << step.name << " (" << model.table->kernels[step.kernel].name << "): ";
    return cuda_error(model.device.driver, result, VITGEN_API_E_KERNEL, "cuLaunchKernel", why);
  }
  return VITGEN_API_OK;
}

int cuda_capture(CudaContext& context, const vitgen_bucket& bucket, CudaGraphExec& graph,
                 Text& why) {
  const CudaDriver& driver = context.model->device.driver;
  CudaResult result = driver.cuStreamBeginCapture_v2(context.stream, kCudaCaptureRelaxed);
  if (result != kCudaSuccess) {
    return cuda_error(driver, result, VITGEN_API_E_DEVICE, "cuStreamBeginCapture", why);
  }
  int code = launch_steps(context, bucket, why);
  CudaGraph recorded = nullptr;
  result = driver.cuStreamEndCapture(context.stream, &recorded);
  if (code == VITGEN_API_OK) {
    code = cuda_check(driver, result, VITGEN_API_E_DEVICE, "cuStreamEndCapture", why);
  }
  if (code == VITGEN_API_OK) code = instantiate(context, recorded, graph, why);
  if (recorded != nullptr) driver.cuGraphDestroy(recorded);
  return code;
}

}  // namespace vitgen::rt
