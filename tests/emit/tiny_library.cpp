#include "tests/emit/tiny_library.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "schedules/machines/cpu_avx2.h"
#include "schedules/machines/cpu_avx512.h"
#include "schedules/machines/cuda_sm80.h"
#include "schedules/machines/cuda_sm90.h"

namespace vitgen::testing {
namespace {

OpSpec spec(int rows, int k, int n) {
  return {"linear",
          {{{"rows", std::to_string(rows)}, {"k", std::to_string(k)}, {"n", std::to_string(n)}}}};
}

LibraryKernel kernel(int rows, int k, int n, std::size_t machines) {
  LibraryKernel out{.name = "linear_f32_" + std::to_string(rows) + "x" + std::to_string(k) + "x" +
                            std::to_string(n),
                    .spec = spec(rows, k, n),
                    .operands = {{"input", Role::input, DType::f32, {k, rows}},
                                 {"weight", Role::weight, DType::f32, {k, n}},
                                 {"output", Role::output, DType::f32, {n, rows}}},
                    .flops = 2.0 * rows * k * n,
                    .variants = {}};
  const KernelVariant variant{.object = FAKE_KERNEL,
                              .symbol = "vitgen_kernel",
                              .shared_scratch = 0,
                              .task_scratch = 128,
                              .choice = "fallback()",
                              .provenance = "default",
                              .request_hash = std::string(64, 'a')};
  out.variants.assign(machines, variant);
  return out;
}

Weight weight(const std::string& name, int k, int n) {
  return {
      .name = name,
      .extents = {k, n},
      .value = {
          .function = "tensor", .tensor = name, .shape = {n, k}, .numbers = {}, .arguments = {}}};
}

Plan plan(int batch) {
  Plan p;
  p.batch = batch;
  p.inputs = {{"image", DType::f32, {4, 2, 1}}};
  p.outputs = {{"logits", DType::f32, {kTinyOutputs}}};
  p.weights = {weight("hidden.weight", kTinyInputs, kTinyHidden),
               weight("head.weight", kTinyHidden, kTinyOutputs)};
  p.buffers = {{.bytes = batch * kTinyHidden * 4, .offset = 0, .first_step = 0, .last_step = 1}};
  p.arena_bytes = 128;
  p.steps = {{"hidden",
              spec(batch, kTinyInputs, kTinyHidden),
              {{SlotKind::input, 0}, {SlotKind::weight, 0}, {SlotKind::arena, 0}}},
             {"head",
              spec(batch, kTinyHidden, kTinyOutputs),
              {{SlotKind::arena, 0}, {SlotKind::weight, 1}, {SlotKind::output, 0}}}};
  return p;
}

HostTensor tiny_tensor(const Weight& w) {
  HostTensor tensor;
  tensor.shape = {w.extents[1], w.extents[0]};
  for (int i = 0; i < w.extents[0] * w.extents[1]; ++i) {
    tensor.values.push_back(tiny_weight_value(w.name, static_cast<std::size_t>(i)));
  }
  return tensor;
}

}  // namespace

float tiny_weight_value(const std::string& name, std::size_t i) {
  return static_cast<float>((i * 7 + name.size()) % 11) - 5.0f;
}

std::vector<float> tiny_reference(const std::vector<float>& image) {
  std::vector<float> values = image;
  for (const Weight& w : plan(1).weights) {
    const auto k = static_cast<std::size_t>(w.extents[0]);
    std::vector<float> next(static_cast<std::size_t>(w.extents[1]));
    for (std::size_t j = 0; j < next.size(); ++j) {
      for (std::size_t i = 0; i < k; ++i)
        next[j] += values[i] * tiny_weight_value(w.name, j * k + i);
    }
    values = next;
  }
  return values;
}

LibraryRequest tiny_request(const std::string& name, const std::string& directory) {
  LibraryRequest request;
  request.name = name;
  request.directory = directory;
  request.model.text = "two linear layers, 2 x 4 pixels, 3 classes";
  request.model.facts = {{"family", "tiny"}};
  request.model.labels = {"cat", "dog", "bird"};
  request.model.sources = {{"model.safetensors", 123, std::string(64, 'b')}};
  request.model.licence = "MIT";
  request.plans = {plan(1), plan(2)};
  request.machines = {&cpu_avx512, &cpu_avx2};
  for (const int rows : {1, 2}) {
    request.kernels.push_back(kernel(rows, kTinyInputs, kTinyHidden, 2));
    request.kernels.push_back(kernel(rows, kTinyHidden, kTinyOutputs, 2));
  }
  request.weight = tiny_tensor;
  return request;
}

DeviceKernel tiny_device_kernel() {
  using enum LaunchArgumentKind;
  const LaunchArgument weight{.kind = operand, .bytes = 8, .index = 1, .value = 16};
  const LaunchArgument sums{.kind = scratch, .bytes = 8, .index = 0, .value = 0x80};
  const LaunchArgument row{.kind = value, .bytes = 4, .index = 0, .value = 7};
  const LaunchArgument map{.kind = tensor_map,
                           .bytes = kTensorMapBytes,
                           .index = 0,
                           .value = 0x20,
                           .map = {{.axes = {{72, 2, 64}, {8, 144, 2}, {65, 1152, 32}}}}};
  return {.ptx = ".version 7.0\n.target sm_80\n",
          .launches = {{.entry = "first",
                        .grid = {2, 3, 1},
                        .block = {32, 1, 1},
                        .shared_bytes = 0,
                        .arguments = {weight, sums}},
                       {.entry = "second",
                        .grid = {1, 1, 1},
                        .block = {8, 4, 2},
                        .shared_bytes = 4096,
                        .arguments = {sums, row, map}}},
          .scratch_bytes = 200};
}

LibraryRequest tiny_gpu_request(const std::string& name, const std::string& directory) {
  LibraryRequest request = tiny_request(name, directory);
  request.machines.insert(request.machines.begin(), {&cuda_sm90, &cuda_sm80});
  for (LibraryKernel& kernel : request.kernels) {
    KernelVariant variant;
    variant.choice = "fallback()";
    variant.request_hash = std::string(64, 'c');
    variant.device = {.kernel = tiny_device_kernel(), .cubin = {}};
    kernel.variants.insert(kernel.variants.begin(), 2, variant);
  }
  return request;
}

ScratchDirectory::ScratchDirectory() {
  std::string pattern = std::filesystem::temp_directory_path().string() + "/vitgen-test-XXXXXX";
  if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

std::string ScratchDirectory::path(const std::string& name) const {
  return name.empty() ? path_ : path_ + "/" + name;
}

std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace vitgen::testing
