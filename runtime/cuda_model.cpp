#include "runtime/cuda_model.h"

#include <stdlib.h>

#include "runtime/cuda_code.h"
#include "runtime/cuda_error.h"

namespace vitgen::rt {
namespace {

uint64_t count_launches(const vitgen_table& table, uint32_t isa) {
  uint64_t count = 0;
  for (uint32_t k = 0; k < table.kernel_count; ++k) {
    count += table.kernels[k].device[isa]->launch_count;
  }
  return count;
}

int check_table(const vitgen_table& table, uint32_t isa, Text& why) {
  for (uint32_t k = 0; k < table.kernel_count; ++k) {
    const vitgen_kernel& kernel = table.kernels[k];
    if (kernel.device != nullptr && kernel.device[isa] != nullptr) continue;
    why << "abi: kernel " << kernel.name << " has no code for " << table.isas[isa].name;
    return VITGEN_API_E_ABI;
  }
  return VITGEN_API_OK;
}

/// The model and its lists are one block.
CudaModel* allocate(const vitgen_table& table, uint32_t isa) {
  const size_t loaded = table.kernel_count * sizeof(CudaLoaded);
  const size_t functions = count_launches(table, isa) * sizeof(CudaFunction);
  const size_t firsts = table.kernel_count * sizeof(uint32_t);
  auto* block = static_cast<uint8_t*>(calloc(1, sizeof(CudaModel) + loaded + functions + firsts));
  if (block == nullptr) return nullptr;
  auto* model = reinterpret_cast<CudaModel*>(block);
  model->table = &table;
  model->isa = isa;
  block += sizeof(CudaModel);
  model->loaded = reinterpret_cast<CudaLoaded*>(block);
  model->functions = reinterpret_cast<CudaFunction*>(block + loaded);
  model->first_function = reinterpret_cast<uint32_t*>(block + loaded + functions);
  return model;
}

int load(CudaModel& model, int ordinal, Text& why) {
  int code = cuda_device_open(model.table->isas[model.isa], ordinal, model.device, why);
  if (code == VITGEN_API_OK) code = cuda_enter(model.device, why);
  if (code != VITGEN_API_OK) return code;
  code = cuda_load_kernels(model, why);
  cuda_leave(model.device);
  return code;
}

int upload(CudaModel& model, const Weights& weights, Text& why) {
  const CudaDriver& driver = model.device.driver;
  const uint64_t bytes = model.table->weights_bytes - VITGEN_PAGE;
  CudaResult result = driver.cuMemAlloc_v2(&model.weights, bytes);
  if (result != kCudaSuccess) {
    model.weights = 0;
    why << "weights, " << bytes << " bytes: ";
    return cuda_error(driver, result, VITGEN_API_E_DEVICE, "cuMemAlloc", why);
  }
  result = driver.cuMemcpyHtoD_v2(model.weights, weights.base + VITGEN_PAGE, bytes);
  // It may return before the copy has arrived, and a context's own stream would not wait for it
  // (CUDA driver API, API synchronization behavior).
  if (result == kCudaSuccess) result = driver.cuStreamSynchronize(nullptr);
  return cuda_check(driver, result, VITGEN_API_E_DEVICE, "weights: cuMemcpyHtoD", why);
}

void unload(CudaModel& model) {
  const CudaDriver& driver = model.device.driver;
  Text ignored;
  if (cuda_enter(model.device, ignored) != VITGEN_API_OK) return;
  if (model.weights != 0) driver.cuMemFree_v2(model.weights);
  for (uint32_t i = 0; i < model.loaded_count; ++i) driver.cuModuleUnload(model.loaded[i].module);
  cuda_leave(model.device);
}

}  // namespace

int cuda_model_open(const vitgen_table& table, uint32_t isa, int ordinal, CudaModel*& out,
                    Text& why) {
  out = nullptr;
  int code = check_table(table, isa, why);
  if (code != VITGEN_API_OK) return code;
  CudaModel* model = allocate(table, isa);
  if (model == nullptr || !fork_guard_make(model->guard)) {
    free(model);
    why << "model: no memory for the list of its kernels";
    return VITGEN_API_E_RESOURCES;
  }
  code = load(*model, ordinal, why);
  if (code == VITGEN_API_OK) {
    out = model;
  } else {
    cuda_model_close(model);
  }
  return code;
}

int cuda_model_upload(CudaModel& model, const Weights& weights, Text& why) {
  if (model.table->weights_bytes <= VITGEN_PAGE) return VITGEN_API_OK;
  int code = cuda_enter(model.device, why);
  if (code != VITGEN_API_OK) return code;
  code = upload(model, weights, why);
  cuda_leave(model.device);
  return code;
}

void cuda_model_close(CudaModel* model) {
  if (model == nullptr) return;
  if (made_here(model->guard)) {
    if (model->device.context != nullptr) unload(*model);
    cuda_device_close(model->device);
  }
  fork_guard_free(model->guard);
  free(model);
}

}  // namespace vitgen::rt
