#include "tests/cuda/gpu_model.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/cuda/fake/driver.h"
#include "tests/cuda/gpu_kernels.h"
#include "tests/runtime/fake_kernels.h"

namespace vitgen::test {
namespace {

/// No driver takes the cubins; a library has them only where ptxas was at hand.
constexpr char kCubin[] =
    "\x7f"
    "ELF";
constexpr vitgen_device_code kMainCodes[] = {{80, 1, kCubin, sizeof kCubin},
                                             {80, 0, kMainPtx, sizeof kMainPtx}};
constexpr vitgen_device_code kProjectCodes[] = {{80, 1, kCubin, sizeof kCubin},
                                                {80, 0, kProjectPtx, sizeof kProjectPtx}};

const vitgen_device_code* mapped_codes() {
  static const vitgen_device_code codes[] = {{90, 1, kCubin, sizeof kCubin},
                                             {90, 0, kMappedPtx.c_str(), kMappedPtx.size() + 1}};
  return codes;
}

template <class Function>
vitgen_kernel_fn on_cpu(Function* f) {
  return reinterpret_cast<vitgen_kernel_fn>(reinterpret_cast<void (*)()>(f));
}

vitgen_launch_argument operand(uint32_t index) {
  return {VITGEN_ARGUMENT_OPERAND, 8, index, 0, nullptr};
}
vitgen_launch_argument scratch() { return {VITGEN_ARGUMENT_SCRATCH, 8, 0, 0, nullptr}; }
vitgen_launch_argument value(uint64_t v) { return {VITGEN_ARGUMENT_VALUE, 4, 0, v, nullptr}; }

/// Rows of kTokens floats, one of which is a box.
vitgen_tensor_map rows_of_tokens(uint32_t rows) {
  return {2, 4, 0, {kTokens, 1}, {kTokens, rows}, {4, 4 * kTokens}};
}

}  // namespace

GpuModel::GpuModel(const std::vector<uint32_t>& batches) : fake(batches) {
  fake_cuda::reset();
  fake_cuda::set_launch(run_gpu_kernel);
  fake.isas() = {{"cuda-sm90", 0, 90, 90}, {"cuda-sm80", 0, 80, 0}, {"x86-64", 0, 0, 0}};
  vitgen_table& table = fake.table();
  for (const uint32_t batch : batches) add_kernels(batch);
  // Kernels have fixed extents: three for each bucket.
  steps_.assign(table.steps, table.steps + table.step_count);
  for (size_t s = 0; s < steps_.size(); ++s) steps_[s].kernel = static_cast<uint32_t>(s);
  table.steps = steps_.data();
  table.kernels = kernels_.data();
  table.kernel_count = static_cast<uint32_t>(kernels_.size());
}

void GpuModel::add_kernels(uint32_t batch) {
  const auto launch = [this, batch](const char* entry, uint32_t shared,
                                    std::vector<vitgen_launch_argument> arguments) {
    arguments_.push_back(std::move(arguments));
    return vitgen_launch{entry,
                         {batch, 1, 1},
                         {32, 1, 1},
                         shared,
                         static_cast<uint32_t>(arguments_.back().size()),
                         arguments_.back().data()};
  };
  const auto* affine_device = device(
      kMainCodes, {launch("affine", 0, {operand(0), operand(1), operand(2), value(batch)})}, 0);
  add("affine", on_cpu(affine), affine_device, affine_device, 0, kTaskScratch);
  const uint64_t hidden = VITGEN_ALIGNMENT * ((48u * batch + 127) / 128);
  maps_.push_back(rows_of_tokens(batch));
  const vitgen_launch_argument map = {VITGEN_ARGUMENT_TENSOR_MAP, 128, 0, 0, &maps_.back()};
  const vitgen_launch dot = launch("dot", 0, {scratch(), operand(1), operand(2), value(batch)});
  add("project", on_cpu(project),
      device(mapped_codes(), {launch("gather", 0, {map, scratch(), value(batch)}), dot}, hidden),
      device(kProjectCodes, {launch("gather", 0, {operand(0), scratch(), value(batch)}), dot},
             hidden),
      kSharedScratch, kTaskScratch);
  const auto* pool_device = device(
      kMainCodes, {launch("pool", kPoolSharedBytes, {operand(0), operand(1), value(batch)})}, 0);
  add("pool", on_cpu(pool), pool_device, pool_device, 0, 0);
}

const vitgen_device_kernel* GpuModel::device(const vitgen_device_code* codes,
                                             std::vector<vitgen_launch> launches,
                                             uint64_t scratch_bytes) {
  launches_.push_back(std::move(launches));
  device_.push_back({codes, 2, static_cast<uint32_t>(launches_.back().size()),
                     launches_.back().data(), scratch_bytes});
  return &device_.back();
}

void GpuModel::add(const char* name, vitgen_kernel_fn function, const vitgen_device_kernel* sm90,
                   const vitgen_device_kernel* sm80, uint64_t shared, uint64_t task) {
  devices_.push_back({sm90, sm80, nullptr});
  functions_.push_back({nullptr, nullptr, function});
  scratch_.push_back({0, 0, shared});
  const uint64_t* shared_scratch = scratch_.back().data();
  scratch_.push_back({0, 0, task});
  kernels_.push_back({name, functions_.back().data(), shared_scratch, scratch_.back().data(),
                      devices_.back().data()});
}

Opened try_open(GpuModel& gpu, vitgen_api_options options) {
  char text[256] = "";
  options.error_text = text;
  options.error_text_bytes = sizeof text;
  vitgen_api_model* model = nullptr;
  Opened opened;
  opened.code = vitgen_api_open_memory(gpu.fake.file(), gpu.fake.file_bytes(), &options, &model);
  opened.text = text;
  EXPECT_EQ(model != nullptr, opened.code == VITGEN_API_OK);
  EXPECT_EQ(opened.text.empty(), opened.code == VITGEN_API_OK) << opened.text;
  if (model != nullptr) opened.isa = vitgen_api_isa(model);
  opened.device = vitgen_api_device(model);
  EXPECT_EQ(vitgen_api_close(model), VITGEN_API_OK);
  return opened;
}

DeviceFloats::DeviceFloats(const std::vector<float>& values) : count_(values.size()) {
  EXPECT_EQ(cuMemAlloc_v2(&address_, count_ * sizeof(float)), rt::kCudaSuccess);
  EXPECT_EQ(cuMemcpyHtoD_v2(address_, values.data(), count_ * sizeof(float)), rt::kCudaSuccess);
  EXPECT_EQ(cuStreamSynchronize(nullptr), rt::kCudaSuccess);  // it may still be on its way
}

DeviceFloats::~DeviceFloats() { cuMemFree_v2(address_); }

std::vector<float> DeviceFloats::values() const {
  std::vector<float> out(count_);
  EXPECT_EQ(cuMemcpyDtoH_v2(out.data(), address_, count_ * sizeof(float)), rt::kCudaSuccess);
  return out;
}

CudaUser::CudaUser() {
  rt::CudaHandle context = nullptr;
  EXPECT_EQ(cuInit(0), rt::kCudaSuccess);
  EXPECT_EQ(cuDevicePrimaryCtxRetain(&context, 0), rt::kCudaSuccess);
  EXPECT_EQ(cuCtxPushCurrent_v2(context), rt::kCudaSuccess);
}

CudaUser::~CudaUser() {
  rt::CudaHandle context = nullptr;
  cuCtxPopCurrent_v2(&context);
  cuDevicePrimaryCtxRelease_v2(0);
}

}  // namespace vitgen::test
