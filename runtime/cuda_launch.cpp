#include "runtime/cuda_launch.h"

#include "runtime/cuda_error.h"
#include "runtime/cuda_tensor_map.h"

namespace vitgen::rt {
namespace {

CudaAddress address_of(const CudaContext& context, const vitgen_step& step,
                       const vitgen_launch_argument& argument) {
  const vitgen_operand* operands = context.model->table->operands + step.operand_begin;
  return operand_address(context, operands[argument.index]) + argument.value;
}

uint64_t value_of(const CudaContext& context, const vitgen_step& step,
                  const vitgen_launch_argument& argument) {
  switch (argument.kind) {
    case VITGEN_ARGUMENT_OPERAND:
      return address_of(context, step, argument);
    case VITGEN_ARGUMENT_SCRATCH:
      return context.memory + context.layout.scratch_begin + argument.value;
    case VITGEN_ARGUMENT_VALUE:
    case VITGEN_ARGUMENT_TENSOR_MAP:
      break;
  }
  return argument.value;
}

/// `map` is the first of this launch, and of the next one afterwards.
CudaResult launch(CudaContext& context, const vitgen_step& step, const vitgen_launch& launch,
                  CudaFunction function, CudaStream stream, CudaTensorMap*& map) {
  // The driver reads as many bytes as the parameter has: the low ones, on a little-endian machine.
  for (uint32_t i = 0; i < launch.argument_count; ++i) {
    const vitgen_launch_argument& argument = launch.arguments[i];
    if (argument.kind == VITGEN_ARGUMENT_TENSOR_MAP) {
      context.arguments[i] = map++;
      continue;
    }
    context.values[i] = value_of(context, step, argument);
    context.arguments[i] = &context.values[i];
  }
  return context.model->device.driver.cuLaunchKernel(
      function, launch.grid[0], launch.grid[1], launch.grid[2], launch.block[0], launch.block[1],
      launch.block[2], launch.shared_bytes, stream, context.arguments, nullptr);
}

/// From `map` on, which is that of the next step afterwards.
int encode_step(const CudaContext& context, const vitgen_step& step, CudaTensorMap*& map,
                Text& why) {
  const CudaModel& model = *context.model;
  const vitgen_device_kernel& kernel = device_kernel(model, step.kernel);
  for (uint32_t l = 0; l < kernel.launch_count; ++l) {
    const vitgen_launch& launch = kernel.launches[l];
    for (uint32_t a = 0; a < launch.argument_count; ++a) {
      const vitgen_launch_argument& argument = launch.arguments[a];
      if (argument.kind != VITGEN_ARGUMENT_TENSOR_MAP) continue;
      const CudaResult result = cuda_encode_map(model.device.driver, *argument.map,
                                                address_of(context, step, argument), *map++);
      if (result == kCudaSuccess) continue;
      why << "step " << step.name << " (" << model.table->kernels[step.kernel].name << "): ";
      return cuda_error(model.device.driver, result, VITGEN_API_E_DEVICE, "cuTensorMapEncodeTiled",
                        why);
    }
  }
  return VITGEN_API_OK;
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

int cuda_encode_maps(CudaContext& context, Text& why) {
  const vitgen_table& table = *context.model->table;
  CudaTensorMap* next = context.maps;
  int code = VITGEN_API_OK;
  for (uint32_t b = 0; b < context.bucket_count; ++b) {
    const vitgen_bucket& bucket = table.buckets[b];
    for (uint32_t s = 0; s < bucket.step_count && code == VITGEN_API_OK; ++s) {
      const uint32_t step = bucket.step_begin + s;
      context.first_map[step] = static_cast<uint32_t>(next - context.maps);
      code = encode_step(context, table.steps[step], next, why);
    }
  }
  return code;
}

int cuda_launch_step(CudaContext& context, uint32_t number, CudaStream stream, Text& why) {
  const CudaModel& model = *context.model;
  const vitgen_step& step = model.table->steps[number];
  const vitgen_device_kernel& kernel = device_kernel(model, step.kernel);
  const CudaFunction* functions = model.functions + model.first_function[step.kernel];
  CudaTensorMap* map = context.maps + context.first_map[number];
  for (uint32_t l = 0; l < kernel.launch_count; ++l) {
    const CudaResult result = launch(context, step, kernel.launches[l], functions[l], stream, map);
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
